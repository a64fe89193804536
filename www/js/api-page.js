// The API's document (OpenAPI 3.1) as a page for people: every call with its parameters, body and answers.
// It reads /api/v1/openapi.json, which the server makes from docs/openapi.yaml.
import { marked } from '../vendor/marked.mjs';

/** @typedef {Record<string, any>} Node  a part of the document */

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/**
 * An element with properties and children; texts become text, never markup.
 * @param {string} tag @param {Record<string, string>} [attributes] @param {...(Node|string|null|undefined)} children
 */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  for (const child of children)
    if (child !== null && child !== undefined) element.append(/** @type {string} */ (child));
  return element;
}

/** A description in Markdown; the document is our own. @param {string} [text] */
function prose(text) {
  const element = el('div', { class: 'prose' });
  element.innerHTML = String(marked.parse(text ?? ''));
  for (const link of element.querySelectorAll('a[href$=".md"]')) link.replaceWith(link.textContent ?? '');
  return element;
}

/** Follows a $ref. @param {Node} root @param {Node} node @returns {Node} */
function resolve(root, node) {
  if (!node?.$ref) return node;
  return resolve(
    root,
    node.$ref
      .slice(2)
      .split('/')
      .reduce((/** @type {Node} */ at, /** @type {string} */ key) => at[key], root),
  );
}

/** What a schema takes, in a few words. @param {Node} root @param {Node} node @returns {string} */
function typeOf(root, node) {
  const name = node?.$ref?.split('/').at(-1);
  const schema = resolve(root, node) ?? {};
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((/** @type {unknown} */ v) => JSON.stringify(v)).join(' | ');
  for (const kind of ['oneOf', 'anyOf'])
    if (schema[kind]) return schema[kind].map((/** @type {Node} */ s) => typeOf(root, s)).join(' | ');
  if (schema.type === 'array') return `array of ${typeOf(root, schema.items)}`;
  if (schema.type === 'object' || schema.properties || schema.allOf) return name ?? 'object';
  const range = [
    schema.minLength !== undefined || schema.maxLength !== undefined
      ? `${schema.minLength ?? 0}–${schema.maxLength ?? '…'} characters`
      : '',
    schema.minimum !== undefined || schema.maximum !== undefined
      ? `${schema.minimum ?? '…'}–${schema.maximum ?? '…'}`
      : '',
    schema.format ?? '',
    schema.default !== undefined ? `default ${JSON.stringify(schema.default)}` : '',
  ]
    .filter(Boolean)
    .join(', ');
  const type = [schema.type ?? 'any'].flat().join(' | ');
  return range ? `${type} (${range})` : type;
}

/** The members of an object, those of allOf together. @param {Node} root @param {Node} node @returns {[string, Node, boolean][]} */
function members(root, node) {
  const schema = resolve(root, node) ?? {};
  const own = Object.entries(schema.properties ?? {}).map(
    ([name, value]) => /** @type {[string, Node, boolean]} */ ([name, value, (schema.required ?? []).includes(name)]),
  );
  return [...(schema.allOf ?? []).flatMap((/** @type {Node} */ part) => members(root, part)), ...own];
}

/** @param {string[]} head @param {(Node|string)[][]} rows */
function table(head, rows) {
  return el(
    'table',
    {},
    el('thead', {}, el('tr', {}, ...head.map((text) => el('th', { scope: 'col' }, text)))),
    el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, cell))))),
  );
}

/** @param {Node} root @param {Node} node */
function schemaTable(root, node) {
  const rows = members(root, node).map(([name, value, required]) => [
    el('code', {}, name),
    el('span', { class: 'type' }, `${typeOf(root, value)}${required ? '' : ', optional'}`),
    prose(resolve(root, value)?.description),
  ]);
  return rows.length ? table(['member', 'type', ''], rows) : el('p', { class: 'type' }, typeOf(root, node));
}

/** @param {Node} root @param {Node} content */
function body(root, content) {
  const [type, media] = Object.entries(content)[0];
  const example = media.example ?? /** @type {Node} */ (Object.values(media.examples ?? {})[0])?.value;
  return el(
    'div',
    {},
    el('p', { class: 'type' }, type),
    schemaTable(root, media.schema ?? {}),
    example === undefined ? null : el('pre', {}, el('code', {}, JSON.stringify(example, null, 2))),
  );
}

/** @param {Node} root @param {string} template @param {string} method @param {Node} operation @param {Node[]} shared */
function callSection(root, template, method, operation, shared) {
  const parameters = [...shared, ...(operation.parameters ?? [])].map((p) => resolve(root, p));
  const section = el(
    'section',
    { class: 'call', id: operation.operationId },
    el(
      'h3',
      {},
      el('span', { class: `method ${method}` }, method.toUpperCase()),
      el('span', { class: 'path' }, template),
    ),
    el('p', { class: 'summary' }, operation.summary),
    prose(operation.description),
  );
  if (operation.security?.length === 0) section.append(el('p', { class: 'type' }, 'without signing in'));
  if (parameters.length)
    section.append(
      el('h4', {}, 'Parameters'),
      table(
        ['name', 'in', 'type', ''],
        parameters.map((p) => [
          el('code', {}, p.name),
          p.in,
          el('span', { class: 'type' }, `${typeOf(root, p.schema)}${p.required ? '' : ', optional'}`),
          prose(p.description),
        ]),
      ),
    );
  if (operation.requestBody)
    section.append(el('h4', {}, 'Body'), body(root, resolve(root, operation.requestBody).content));
  section.append(el('h4', {}, 'Answers'));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const response = resolve(root, /** @type {Node} */ (answer));
    section.append(
      el(
        'details',
        {},
        el('summary', {}, `${status} · ${response.description.split('\n')[0].replaceAll('`', '')}`),
        response.content ? body(root, response.content) : el('p', { class: 'type' }, 'no body'),
      ),
    );
  }
  return section;
}

/** @param {Node} root */
function page(root) {
  const base = root.servers[0].url;
  const calls = Object.entries(root.paths).flatMap(([path, item]) =>
    METHODS.filter((m) => item[m]).map((method) => ({
      method,
      operation: item[method],
      template: (item.servers ? '' : base) + path,
      shared: item.parameters ?? [],
    })),
  );
  // on a phone the calls would stand between a reader and the document
  const list = el('details', matchMedia('(min-width: 901px)').matches ? { open: '' } : {}, el('summary', {}, 'Calls'));
  const index = el('nav', { 'aria-label': 'Calls' }, el('p', {}, el('a', { href: '/' }, 'EchoMeet')), list);
  const main = el(
    'main',
    {},
    el('h1', {}, `${root.info.title} API`),
    el(
      'p',
      { class: 'type' },
      `version ${root.info.version} · `,
      el('a', { href: '/api/v1/openapi.json' }, 'openapi.json'),
    ),
    prose(root.info.description),
  );
  for (const tag of root.tags) {
    const own = calls.filter((call) => call.operation.tags.includes(tag.name));
    list.append(
      el('p', { class: 'tag' }, tag.name),
      el(
        'ul',
        {},
        ...own.map((call) =>
          el(
            'li',
            {},
            el('a', { href: `#${call.operation.operationId}`, title: call.operation.summary }, call.operation.summary),
          ),
        ),
      ),
    );
    main.append(
      el('h2', {}, tag.name),
      prose(tag.description),
      ...own.map((call) => callSection(root, call.template, call.method, call.operation, call.shared)),
    );
  }
  return el('div', { class: 'layout' }, index, main);
}

const place = /** @type {HTMLElement} */ (document.getElementById('api'));
try {
  const answer = await fetch('/api/v1/openapi.json');
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  place.replaceChildren(page(await answer.json()));
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch (error) {
  place.replaceChildren(el('p', {}, `The document could not be loaded: ${/** @type {Error} */ (error).message}.`));
}
