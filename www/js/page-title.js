/** The tab's title: what is shown, and before it how much waits for this person. */
import { createStore } from './store.js';

export const pageTitle = createStore({ text: document.title, count: 0 });

pageTitle.subscribe(() => {
  const { text, count } = pageTitle.get();
  document.title = count > 0 ? `(${count}) ${text}` : text;
});
