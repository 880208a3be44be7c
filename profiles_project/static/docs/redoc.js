"use strict";

// Redoc's footer wants its maker's logo from a foreign host; this page asks its own host only. Redoc takes an image away
// whose loading fails.
const { set } = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
const { setAttribute } = Element.prototype;
const isOwn = (address) => new URL(address, location.href).origin === location.origin;
const refuse = (image) => setTimeout(() => image.dispatchEvent(new Event("error")));
Object.defineProperty(HTMLImageElement.prototype, "src", {
  set(address) {
    if (isOwn(address)) {
      set.call(this, address);
    } else {
      refuse(this);
    }
  },
});
HTMLImageElement.prototype.setAttribute = function (name, value) {
  if (name !== "src" || isOwn(value)) {
    setAttribute.call(this, name, value);
  } else {
    refuse(this);
  }
};

const container = document.getElementById("redoc");
const theme = { typography: { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "system-ui, sans-serif" } } };
Redoc.init(container.dataset.schema, { theme, nativeScrollbars: true }, container);
