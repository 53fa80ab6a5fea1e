/*
 * The service worker of the replay host.
 *
 * It runs ReplayWeb.page's worker (unmodified, loaded below) and changes one
 * thing about its answers: an archived page may load nothing but what this
 * host serves. The worker's own policy leaves web sockets open, and archived
 * Link headers would make the browser fetch preloads from the live web before
 * any policy counts.
 */
"use strict";

const POLICY =
  "default-src 'self' 'unsafe-eval' 'unsafe-inline' data: blob: mediastream:; " +
  "connect-src 'self' data: blob:; form-action 'self'; object-src 'none'; webrtc 'block'";

/* Headers of the archived answer that would act on the live web or on this host. */
const DROPPED = [
  "link", "refresh", "nel", "report-to", "reporting-endpoints", "expect-ct", "speculation-rules", "alt-svc",
  "content-security-policy-report-only", "clear-site-data", "accept-ch", "service-worker-allowed", "sourcemap",
  "x-sourcemap", "set-cookie", "origin-trial", "no-vary-search", "attribution-reporting-register-source",
];

function withoutTheLiveWeb(response) {
  if (!response || response.type === "error" || response.type === "opaque" || response.status === 0) {
    return response;
  }
  const headers = new Headers(response.headers);
  for (const name of DROPPED) headers.delete(name);
  headers.set("Content-Security-Policy", POLICY);
  headers.set("X-DNS-Prefetch-Control", "off");
  headers.set("Referrer-Policy", "same-origin");
  const empty = [101, 204, 205, 304].includes(response.status);
  return new Response(empty ? null : response.body, {
    status: response.status, statusText: response.statusText, headers,
  });
}

const respondWith = FetchEvent.prototype.respondWith;
FetchEvent.prototype.respondWith = function (answer) {
  const archived = new URL(this.request.url).pathname.startsWith("/replay/w/");
  respondWith.call(this, archived ? Promise.resolve(answer).then(withoutTheLiveWeb) : answer);
};

importScripts("webrecorder-sw.js");
