// The value that a typed text means, by the rules of Kedro where they decide.
import { ApiError, callServer } from "../shared/api.js";
import { isForKedro, parseValue } from "./parameter-values.js";

/** @import { Parameter } from "./parameter-values.js" */

/**
 * Fails with an error for the user if the text means nothing.
 * @param {Parameter} parameter
 * @param {string} text
 * @returns {Promise<Json>}
 */
export async function readValue(parameter, text) {
  if (!isForKedro(parameter, text)) return parseValue(parameter, text);
  const value = await callServer("parse-params", text);
  if (value === null) throw new ApiError("This server does not know Kedro's rules for parameters: write JSON.");
  return value;
}
