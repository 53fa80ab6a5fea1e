/* Lets replay take the picture's place once it stands; the picture stays where it doesn't. */
"use strict";

const stage = document.getElementById("stage");
const swap = document.getElementById("swap");
const status = document.getElementById("replay-status");
const WAIT_MS = 15000;

function canReplay() {
  const saving = navigator.connection && navigator.connection.saveData;
  return "serviceWorker" in navigator && window.isSecureContext && !saving;
}

function start() {
  const address = stage.dataset.replay;
  const origin = new URL(address).origin;
  const frame = document.createElement("iframe");
  frame.className = "behind";
  frame.title = "Replay of the archived page";
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms");
  frame.referrerPolicy = "no-referrer";
  frame.src = address;
  frame.tabIndex = -1;
  frame.setAttribute("aria-hidden", "true");

  const show = (live) => {
    stage.classList.toggle("live", live);
    frame.tabIndex = live ? 0 : -1;
    frame.toggleAttribute("aria-hidden", !live);
    if (!live) frame.setAttribute("aria-hidden", "true");
    swap.textContent = live ? "Show the picture" : "Show the replay";
    status.textContent = live ? "This is a replay." : "This is the picture.";
  };

  const late = setTimeout(() => { status.textContent = "Replay did not start; this is the picture."; }, WAIT_MS);
  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== origin || !event.data) return;
    if (event.data.linkkeeper === "no-service-worker") {
      clearTimeout(late);
      refused(address);
    }
    if (event.data.linkkeeper !== "ready" || !swap.hidden) return;
    clearTimeout(late);
    swap.hidden = false;
    show(true);
    swap.addEventListener("click", () => show(!stage.classList.contains("live")));
  });
  stage.append(frame);
}

/* Inside a page of another site, browsers may refuse replay its worker; in a tab of its own it works. */
function refused(address) {
  const link = document.createElement("a");
  link.href = address;
  link.rel = "noopener noreferrer";
  link.textContent = "open the replay by itself";
  status.replaceChildren("This is the picture. This browser lets no replay run inside this page: ", link, ".");
}

if (stage && canReplay()) {
  const picture = stage.querySelector("img.picture");
  if (picture && !picture.complete) {
    picture.addEventListener("load", start, { once: true });
    picture.addEventListener("error", start, { once: true });
  } else {
    start();
  }
}
