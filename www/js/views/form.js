/** A form whose problems all stand beside their fields at once, those that the page finds and those that the server names. */
import { useState } from '../ui.js';
import { Problem } from '../api.js';
import { errorText } from '../i18n.js';
import { useBusy } from './controls.js';

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Input */

/** Browsers and the server differ in what an address may be; what has no "@" is none. @param {Input} input */
const wrong = (input) =>
  input.type === 'email' ? !/.@./.test(input.value) : input.willValidate && !input.validity.valid;

/** @param {HTMLFormElement} form @returns {string[]} the names of the fields that are wrong at a glance */
const wrongFields = (form) =>
  [...form.elements]
    .filter((one) => 'validity' in one && wrong(/** @type {Input} */ (one)))
    .map((one) => /** @type {Input} */ (one).name);

/** @param {HTMLFormElement} form @param {string[]} names */
function focusFirst(form, names) {
  const first = [...form.elements].find((one) => names.includes(/** @type {Input} */ (one).name));
  if (!(first instanceof HTMLElement)) return;
  const group = first.closest('details');
  if (group) group.open = true;
  first.focus();
}

/**
 * @param {string[]} names its fields
 * @param {{words?: Record<string, string>, fieldOf?: Record<string, string>}} [options] `words`: fields whose texts have another name than they;
 *   `fieldOf`: fields of problems for which the server names none, by code
 */
export function useForm(names, { words = {}, fieldOf = {} } = {}) {
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [done, setDone] = useState('');
  const [busy, run] = useBusy();
  const fields = problem instanceof Problem ? fieldsOf(problem, fieldOf) : [];
  return {
    busy,
    /** @param {string} name */
    error: (name) => {
      if (!fields.includes(name)) return null;
      const { code, message } = /** @type {Problem} */ (problem);
      return errorText({ code, field: name, message }, words[name] ?? name);
    },
    rest: fields.some((name) => names.includes(name)) ? null : problem,
    done, // what to say after it has worked; a note at the edge of the page would be behind the dialog
    clear: () => setProblem(null),
    /** @param {(text: (name: string) => string, form: HTMLFormElement) => Promise<string | void>} work @returns {(event: SubmitEvent) => void} */
    submit: (work) => (event) => {
      event.preventDefault();
      const form = /** @type {HTMLFormElement} */ (event.target);
      const data = new FormData(form);
      run(async () => {
        setProblem(null);
        setDone('');
        try {
          const missing = wrongFields(form);
          if (missing.length > 0)
            throw new Problem({ code: 'validation_failed', errors: missing.map((field) => ({ field })) });
          setDone((await work((name) => String(data.get(name) ?? ''), form)) ?? '');
        } catch (failure) {
          setProblem(failure);
          if (failure instanceof Problem) focusFirst(form, fieldsOf(failure, fieldOf));
        }
      });
    },
  };
}

/** @param {Problem} problem @param {Record<string, string>} fieldOf */
const fieldsOf = ({ fields, code }, fieldOf) => (fields.length > 0 || !fieldOf[code] ? fields : [fieldOf[code]]);
