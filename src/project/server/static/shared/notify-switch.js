// Whether the browser notifies of runs that fail: the user's choice, which this browser keeps.
import { html, useEffect, useState } from "../vendor/html.js";

const KEY = "notify";
const CHANGED = "notify-changed";

function isOn() {
  return localStorage.getItem(KEY) === "on" && globalThis.Notification?.permission === "granted";
}

/** The user's choice, also when it changes in another part of the page or in another tab. */
export function useNotify() {
  const [isChosen, setChosen] = useState(isOn);
  useEffect(() => {
    const update = () => setChosen(isOn());
    for (const name of [CHANGED, "storage"]) addEventListener(name, update);
    return () => {
      for (const name of [CHANGED, "storage"]) removeEventListener(name, update);
    };
  }, []);
  return isChosen;
}

export function NotifySwitch() {
  const isChosen = useNotify();
  const [problem, setProblem] = useState("");
  const toggle = async () => {
    setProblem(isChosen ? "" : await askForPermission());
    localStorage.setItem(KEY, isChosen ? "off" : "on");
    dispatchEvent(new Event(CHANGED));
  };
  return html`<span class="notify">
    <button type="button" class="switch" role="switch" aria-checked=${String(isChosen)} onClick=${toggle}
      title="While a tab of this page is open: runs that fail, and the end of the run that it shows">
      <span class="switch-track" aria-hidden="true"></span>Notify me</button>
    ${problem && html`<span class="problem small" role="alert">${problem}</span>`}
  </span>`;
}

/** Returns why there will be no notifications, if so. */
async function askForPermission() {
  if (!globalThis.isSecureContext || !globalThis.Notification) {
    return "Browsers allow notifications only for pages served over https or from this machine.";
  }
  const permission = await Notification.requestPermission();
  return permission === "granted" ? "" : "The browser does not allow this page to notify you.";
}
