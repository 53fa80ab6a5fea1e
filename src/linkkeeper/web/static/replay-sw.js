/*
 * The service worker of the replay host.
 *
 * It runs ReplayWeb.page's worker (unmodified, loaded below) and changes one
 * thing about its answers: an archived page may load nothing but what this
 * host serves. The worker's own policy leaves web sockets open, archived Link
 * headers would make the browser fetch preloads from the live web before any
 * policy counts, and no policy covers WebRTC.
 */
"use strict";

const POLICY =
  "default-src 'self' 'unsafe-eval' 'unsafe-inline' data: blob: mediastream:; " +
  "connect-src 'self' data: blob:; form-action 'self'; object-src 'none'; base-uri 'self'";

/* Headers of the archived answer that would act on the live web or on this host. */
const DROPPED = [
  "link", "refresh", "nel", "report-to", "reporting-endpoints", "expect-ct", "speculation-rules", "alt-svc",
  "content-security-policy-report-only", "clear-site-data", "accept-ch", "service-worker-allowed", "sourcemap",
  "x-sourcemap", "set-cookie", "origin-trial", "no-vary-search", "attribution-reporting-register-source",
];

const INSERT = "<!-- WB Insert -->";
/* First script of every replayed document: takes away what no content security policy holds back. */
const SEAL = `<script>for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel", "WebTransport"])
  if (name in self) Object.defineProperty(self, name, { value: undefined, writable: false, configurable: false });</script>`;

async function withoutTheLiveWeb(response) {
  if (!response || response.type === "error" || response.type === "opaque" || response.status === 0) {
    return response;
  }
  const headers = new Headers(response.headers);
  for (const name of DROPPED) headers.delete(name);
  headers.set("Content-Security-Policy", POLICY);
  headers.set("X-DNS-Prefetch-Control", "off");
  headers.set("Referrer-Policy", "same-origin");
  const empty = [101, 204, 205, 304].includes(response.status);
  let body = empty ? null : response.body;
  if (!empty && (headers.get("Content-Type") || "").startsWith("text/html")) {
    body = sealed(new Uint8Array(await response.arrayBuffer()));
    headers.delete("Content-Length");
  }
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}

/* A one-byte decoding makes places in the text places in the bytes, whatever the document's own encoding. */
function sealed(bytes) {
  const head = bytes.subarray(0, 1 << 20);
  const place = new TextDecoder("windows-1252").decode(head).indexOf(INSERT);
  if (place < 0) return bytes;
  return new Blob([bytes.subarray(0, place), SEAL, bytes.subarray(place)]);
}

/* The same file also runs as an ordinary worker, which reads packages and answers no requests. */
if (self.FetchEvent) {
  const respondWith = FetchEvent.prototype.respondWith;
  FetchEvent.prototype.respondWith = function (answer) {
    const archived = new URL(this.request.url).pathname.startsWith("/replay/w/");
    respondWith.call(this, archived ? Promise.resolve(answer).then(withoutTheLiveWeb) : answer);
  };
}

/*
 * Our own page around the replay comes from the server as it is, whoever asks.
 *
 * Quirk: ReplayWeb.page's worker gives every framed page in its scope the
 * policy of archived pages, which forbids our page to frame the replay; only
 * a browser's second visit showed it.
 */
self.addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname.startsWith("/replay/page/")) event.stopImmediatePropagation();
});

importScripts("webrecorder-sw.js");
