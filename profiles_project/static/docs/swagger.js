"use strict";

// Swagger UI with all operations in the page, so that a browser's own search finds them, and a field that finds them by
// any of their words.

const SEEN = ["summary", "operationId", "description"];

const textOf = (operation, tag) => {
  const described = SEEN.map((name) => operation.getIn(["operation", name]) ?? "");
  return [tag, operation.get("method"), operation.get("path"), ...described].join(" ").toLowerCase();
};

// Swagger UI's own filter knows the names of tags only.
const opsFilter = (taggedOperations, phrase) => {
  const words = phrase.toLowerCase().split(/\s+/).filter(Boolean);
  const isFound = (operation, tag) => words.every((word) => textOf(operation, tag).includes(word));
  return taggedOperations
    .map((group, tag) => group.update("operations", (all) => all.filter((each) => isFound(each, tag))))
    .filter((group) => group.get("operations").size);
};

// Of a list of 150 or more Swagger UI draws only what is in sight. Each tag has a list of its own here.
const drawAll = (Original, system) => (properties) => {
  const { specSelectors } = properties;
  const all = specSelectors.taggedOperations();
  const tags = all.keySeq().toArray();
  const groups = tags.length ? tags.map((tag) => [tag, all.filter((_, each) => each === tag)]) : [["", all]];
  return groups.map(([tag, group]) => {
    const selectors = { ...specSelectors, taggedOperations: () => group };
    return system.React.createElement(Original, { ...properties, key: tag, specSelectors: selectors });
  });
};

const operations = { fn: { opsFilter }, wrapComponents: { operations: drawAll } };

const ui = SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.schema,
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [operations],
  layout: "BaseLayout",
  deepLinking: true,
});

const field = document.getElementById("operations");
const told = document.getElementById("told");
let waiting = 0;
field.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    ui.layoutActions.updateFilter(field.value.trim());
    const found = ui.specSelectors.taggedOperations().reduce((sum, group) => sum + group.get("operations").size, 0);
    told.textContent = found === 1 ? "1 operation" : `${found} operations`;
  }, 150);
});
field.form.addEventListener("submit", (event) => event.preventDefault());
