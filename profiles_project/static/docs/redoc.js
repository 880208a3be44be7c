"use strict";

// Redoc's footer wants its maker's logo from a foreign host; this page asks its own host only.
const setAttribute = HTMLImageElement.prototype.setAttribute;
HTMLImageElement.prototype.setAttribute = function (name, value) {
  const foreign = name === "src" && new URL(value, location.href).host !== location.host && !value.startsWith("data:");
  if (!foreign) {
    setAttribute.call(this, name, value);
  }
};

const container = document.getElementById("redoc");
const theme = { typography: { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "system-ui, sans-serif" } } };
Redoc.init(container.dataset.schema, { theme, nativeScrollbars: true }, container);
