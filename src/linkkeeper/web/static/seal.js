/* First script of every replayed document: takes away what no content security policy holds back. */
"use strict";
for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel", "WebTransport"]) {
  if (name in self) Object.defineProperty(self, name, { value: undefined, writable: false, configurable: false });
}
