/* Shows the replay once its worker is in charge, and tells the memento page around us when the archived page stands. */
"use strict";

const desk = document.documentElement.dataset.desk;
const say = (word) => {
  document.documentElement.dataset.replay = word;
  if (parent !== window) parent.postMessage({ linkkeeper: word }, desk);
};

/* Quirk: without a worker in charge ReplayWeb.page loads its own frame twice, which costs a new reader a second. */
function show() {
  const element = document.getElementById("player").content.firstElementChild.cloneNode(true);
  /* The element tells loading true, then false once the archived document's load event fired. */
  element.addEventListener("rwp-page-loading", (event) => {
    if (event.detail && event.detail.loading === false) say("ready");
  });
  document.body.append(element);
  return element;
}

/* A page whose own requests never rest still counts as shown once its document is there. */
function watch(element) {
  const looking = setInterval(() => {
    const outer = element.shadowRoot && element.shadowRoot.querySelector("iframe");
    let inner = null;
    try {
      inner = outer && findArchived(outer.contentWindow);
    } catch (error) {
      inner = null;
    }
    if (inner && inner.document.readyState === "complete" && inner.document.body) {
      clearInterval(looking);
      say("ready");
    }
  }, 100);
}

function findArchived(frame) {
  if (frame.location.pathname.includes("/replay/w/") && frame.location.pathname.includes("mp_/")) return frame;
  for (let index = 0; index < frame.frames.length; index += 1) {
    const found = findArchived(frame.frames[index]);
    if (found) return found;
  }
  return null;
}

async function start() {
  try {
    await navigator.serviceWorker.register("/replay/sw.js?serveIndex=1", { scope: "/replay/" });
    await navigator.serviceWorker.ready;
  } catch (error) {
    /* Browsers that block third-party storage refuse workers in frames of another site. */
    say("no-service-worker");
  }
  watch(show());
}

if ("serviceWorker" in navigator) start();
else {
  say("no-service-worker");
  show();
}
