// What a run of a flow gets when its creator sets nothing, as the server decides it.

/**
 * The labels: those of the first that has some set, from the flow group to the flow.
 * @param {Flow} flow
 */
export function defaultLabels({ flow_group: group, run_config: own }) {
  return [group.labels, group.run_config?.labels, own?.labels].find((labels) => labels != null) ?? [];
}

/**
 * `isInGroup`: whether the value is set for all versions of the flow.
 * @typedef {{ name: string, value: Json, isRequired: boolean, isInGroup: boolean }} DefaultParameter
 */

/**
 * The parameters; the flow group's values replace the flow's.
 * @param {Pick<Flow, "parameters" | "flow_group">} flow
 * @returns {DefaultParameter[]}
 */
export function defaultParameters({ parameters, flow_group: group }) {
  const groupValues = group.default_parameters ?? {};
  const names = new Set(parameters.map(({ name }) => name));
  const groupOnly = Object.keys(groupValues)
    .filter((name) => !names.has(name))
    .map((name) => ({ name }));
  /** @type {Flow["parameters"]} */
  const all = [...parameters, ...groupOnly];
  return all.map(({ name, default: own = null, required = false }) => {
    const isInGroup = name in groupValues;
    return {
      name,
      value: isInGroup ? groupValues[name] : own,
      isRequired: required && !isInGroup,
      isInGroup,
    };
  });
}
