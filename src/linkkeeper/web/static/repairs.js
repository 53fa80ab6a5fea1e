/* linkkeeper: repairs this page's dead links from one cached list. No dependency, no cookies.
   <script src="/repairs.js" data-repairs="/repairs.json" defer></script> */
(() => {
  "use strict";
  const script = document.currentScript;
  const base = (script && script.src) || document.baseURI;
  const list = new URL((script && script.dataset.repairs) || "repairs.json", base).href;
  // Not the text: navigation, share buttons, comments, related pieces; but notes count wherever they stand.
  const OUTSIDE = "nav,header,footer,menu,form,button,dialog,[role=navigation],[role=banner],[role=contentinfo]," +
    "[role=search],[role=complementary],[class*=share],[class*=social],[id=comments],[class*=comment],[class*=related]";
  const NOTES = "[class*=footnote],[class*=endnote],[id^=fn],[class*=references],[role^=doc-]";
  const NO_TEXT = "a,code,pre,kbd,samp,script,style,textarea,select,option,button,svg,noscript,template";
  const URLS = /https?:\/\/[^\s<>"'\u00ab\u00bb\u2018-\u201f\u2039\u203a]+/gi;

  const inText = (element) => !element.closest(OUTSIDE) || element.closest(NOTES);

  const address = (url) => {
    try { return new URL(url, document.baseURI).href; } catch { return ""; }
  };

  const mark = (link, repair, original) => {
    link.setAttribute("data-originalurl", original);
    link.setAttribute("data-versionurl", repair.memento + " " + repair.moment);
    link.setAttribute("data-versiondate", repair.intended || repair.moment.slice(0, 10));
  };

  const repairLinks = (found, policy) => {
    for (const link of document.querySelectorAll("a[href],area[href]")) {
      const repair = found.get(link.href);
      if (!repair || link.dataset.originalurl || !inText(link)) continue;
      mark(link, repair, link.getAttribute("href"));
      // While a stranger holds the address, nothing links it.
      if (policy !== "annotate" || /parked|usurped/.test(repair.state)) link.href = repair.memento;
    }
  };

  // A sentence's punctuation and a bracket that was opened before the URL are not the URL's.
  const trimmed = (url) => {
    let cut = url.replace(/[.,;:!?*_\u2026]+$/, "");
    while (/[)\]}]$/.test(cut) && cut.split(/[([{]/).length < cut.split(/[)\]}]/).length)
      cut = cut.slice(0, -1).replace(/[.,;:!?*_]+$/, "");
    return cut;
  };

  const repairTexts = (found, word) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) if (walker.currentNode.data.includes("//")) nodes.push(walker.currentNode);
    for (const node of nodes) {
      const parent = node.parentElement;
      if (parent.closest(NO_TEXT) || !inText(parent)) continue;
      for (const match of [...node.data.matchAll(URLS)].reverse()) {
        const url = trimmed(match[0]);
        const repair = found.get(address(url.replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, "")));
        if (!repair) continue;
        const rest = node.splitText(match.index + url.length);
        if (rest.data === " [") continue; // repaired already
        const link = document.createElement("a");
        link.href = repair.memento;
        link.textContent = `${word} ${repair.moment.slice(0, 10)}: ${repair.memento}`;
        mark(link, repair, url);
        rest.before(" [", link, "]");
      }
    }
  };

  fetch(list, { credentials: "omit" }).then((answer) => answer.json()).then((content) => {
    if (content.version !== 1 || content.policy === "off") return;
    const found = new Map();
    for (const repair of content.repairs)
      for (const url of [repair.url, ...(repair.spellings || [])]) found.set(address(url), repair);
    repairLinks(found, content.policy);
    repairTexts(found, content.archived);
  }).catch(() => {}); // without the list the page stays as it is
})();
