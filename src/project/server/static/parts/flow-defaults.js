// What a run of a flow gets when it says nothing itself, as the server decides it.

/** The labels: those of the first that has some set, from the flow group to the flow. */
export function labelsOf({ flow_group: group, run_config: own }) {
  return [group.labels, group.run_config?.labels, own?.labels].find((each) => each != null) ?? [];
}

/** The parameters: [{name, value, isRequired, origin}]; the flow group's values before the flow's. */
export function defaultsOf({ parameters, flow_group: group }) {
  const given = group.default_parameters ?? {};
  const known = new Set(parameters.map(({ name }) => name));
  const more = Object.keys(given).filter((name) => !known.has(name)).map((name) => ({ name }));
  return [...parameters, ...more].map(({ name, default: own = null, required = false }) => ({
    name,
    value: name in given ? given[name] : own,
    isRequired: required && !(name in given),
    origin: name in given ? "flow group" : "flow",
  }));
}
