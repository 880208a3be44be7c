"use strict";

// Django's boxes of two lists draw a magnifying glass as a span that has a name and no role; it is a picture.
window.addEventListener("load", () => {
  for (const icon of document.querySelectorAll(".search-label-icon[aria-label]")) {
    icon.setAttribute("role", "img");
  }
});

// A table that is wider than a phone scrolls inside the page; without a link in it, no key would reach it to do so.
window.addEventListener("load", () => {
  for (const group of document.querySelectorAll(".inline-group")) {
    if (group.scrollWidth > group.clientWidth) {
      group.tabIndex = 0;
    }
  }
});
