// The options of `kedro run`, from the server.
import { fetchDocument } from "../shared/api.js";

/** @type {Promise<RunOption[]> | null} */
let request = null;

/** Loaded once; empty where the server does not belong to a Kedro project. */
export function loadRunOptions() {
  request ??= fetchDocument("/run-options.json")
    .then((options) => options ?? [])
    .catch((error) => {
      request = null;
      throw error;
    });
  return request;
}

// Where the page opens with the RUN form, they are requested while the browser still loads its modules.
if (new URLSearchParams(location.search).get("tab") === "run") loadRunOptions().catch(() => {});
