// What axe finds, each as a sentence; what it cannot tell counts as well. `contrast` says whether to ask for that.
(contrast) =>
  axe.run(document, { resultTypes: ["violations", "incomplete"], preload: false, rules: { "color-contrast": { enabled: contrast } } })
    .then(({ violations, incomplete }) =>
      [...violations, ...incomplete].flatMap(({ id, help, nodes }) =>
        nodes.slice(0, 3).map((n) => `${id}: ${help}, ${n.html.slice(0, 160)} ${n.any.map((c) => c.message)}`)))
