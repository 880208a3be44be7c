"use strict";

// Redoc's footer wants its maker's logo from a foreign host; this page asks its own host only.
const { set } = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
const { setAttribute } = Element.prototype;
const isOwn = (address) => new URL(address, location.href).origin === location.origin;
Object.defineProperty(HTMLImageElement.prototype, "src", {
  set(address) {
    if (isOwn(address)) {
      set.call(this, address);
    }
  },
});
HTMLImageElement.prototype.setAttribute = function (name, value) {
  if (name !== "src" || isOwn(value)) {
    setAttribute.call(this, name, value);
  }
};

const container = document.getElementById("redoc");
const theme = { typography: { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "system-ui, sans-serif" } } };
Redoc.init(container.dataset.schema, { theme, nativeScrollbars: true }, container);
