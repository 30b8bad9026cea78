// The title of the window, which names what is being looked at.
import { useEffect } from "./html.js";

export function useTitle(title) {
  useEffect(() => {
    if (title) document.title = title;
  }, [title]);
}
