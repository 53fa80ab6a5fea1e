/* Follows captures while they are made: each event fetches that capture's card anew from the server. */
"use strict";

const cards = document.getElementById("cards");
const live = document.getElementById("live");

async function renew(id) {
  const answer = await fetch(`/desk/captures/${encodeURIComponent(id)}/card`);
  if (!answer.ok) return;
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = parsed.querySelector("article");
  const old = document.getElementById(`card-${id}`);
  if (fresh && old) old.replaceWith(document.adoptNode(fresh));
}

if (cards && "EventSource" in window) {
  const ids = [...cards.querySelectorAll("[data-capture]")].map((card) => card.dataset.capture);
  const query = new URLSearchParams(ids.map((id) => ["id", id]));
  const source = new EventSource(`/api/captures/events?${query}`);
  const done = new Set();
  source.addEventListener("capture", (event) => {
    const state = JSON.parse(event.data);
    const step = state.steps.length ? state.steps[state.steps.length - 1].name.replaceAll("_", " ") : "";
    if (!["waiting", "running"].includes(state.request_state)) done.add(state.capture_id);
    live.textContent = `${done.size} of ${ids.length} done${step && done.size < ids.length ? `; last step: ${step}` : ""}.`;
    renew(state.capture_id);
  });
  source.addEventListener("end", () => {
    source.close();
    live.textContent = "All done.";
    if (ids.length === 1 && location.pathname.endsWith(ids[0])) location.reload();
  });
}
