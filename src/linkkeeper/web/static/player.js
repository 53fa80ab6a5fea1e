/* Tells the memento page around us when the archived page stands, or that it can't. */
"use strict";

const desk = document.documentElement.dataset.desk;
const say = (word) => {
  document.documentElement.dataset.replay = word;
  if (parent !== window) parent.postMessage({ linkkeeper: word }, desk);
};

if (!("serviceWorker" in navigator)) {
  say("no-service-worker");
} else {
  /* Browsers that block third-party storage refuse workers in frames of another site. */
  navigator.serviceWorker
    .register("/replay/sw.js?serveIndex=1", { scope: "/replay/" })
    .catch(() => say("no-service-worker"));
  const element = document.querySelector("replay-web-page");
  /* The element tells loading true, then false once the archived document's load event fired. */
  element.addEventListener("rwp-page-loading", (event) => {
    if (event.detail && event.detail.loading === false) say("ready");
  });
  /* A page whose own requests never rest still counts as shown once its document is there. */
  const watch = setInterval(() => {
    const outer = element.shadowRoot && element.shadowRoot.querySelector("iframe");
    let inner = null;
    try {
      inner = outer && findArchived(outer.contentWindow);
    } catch (error) {
      inner = null;
    }
    if (inner && inner.document.readyState === "complete" && inner.document.body) {
      clearInterval(watch);
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
