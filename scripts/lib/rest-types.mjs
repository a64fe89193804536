/* rest-types.mjs INPUT.yaml OUTPUT.d.ts: the shapes of docs/openapi.yaml as TypeScript types, for the type check of the page. Each
 * schema becomes a type of the namespace Rest, and each method a type of its paths, so that api.get('/meetings') answers what the
 * document says. What the document uses is understood, and anything else is an error. */
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const SIMPLE = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' };
const [input, output] = process.argv.slice(2);
const document = parse(fs.readFileSync(input, 'utf8'));

/* #/components/schemas/Meeting/properties/title: Meeting["title"] */
function named(ref) {
  const [name, ...below] = ref.split('/').slice(3);
  return below.filter((part) => part !== 'properties').reduce((type, part) => `${type}[${JSON.stringify(part)}]`, name);
}
const resolve = (part) =>
  part.$ref
    ? part.$ref
        .slice(2)
        .split('/')
        .reduce((at, name) => at[name], document)
    : part;

function typeOf(schema) {
  if (schema === true) return 'unknown';
  if (schema.$ref && !schema.properties) return named(schema.$ref);
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const all = [...(schema.$ref ? [{ $ref: schema.$ref }] : []), ...(schema.allOf ?? [])].map(typeOf);
  // what must be there is said beside the choices
  const one = (schema.oneOf ?? schema.anyOf ?? [])
    .map((choice) => typeOf({ ...choice, required: [...(choice.required ?? []), ...(schema.required ?? [])] }))
    .join(' | ');
  const own = [schema.type ?? []].flat().map((type) => plain(type, schema));
  if (!schema.type && schema.properties) own.push(object(schema));
  const parts = [...all, one, own.join(' | ')].filter(Boolean);
  if (parts.length === 0) return 'unknown';
  return parts.length === 1 ? parts[0] : parts.map((part) => `(${part})`).join(' & ');
}

function plain(type, schema) {
  if (type === 'array') return `(${schema.items ? typeOf(schema.items) : 'unknown'})[]`;
  if (type === 'object') return object(schema);
  if (!SIMPLE[type]) throw new Error(`a type that is not known: ${JSON.stringify(schema)}`);
  return SIMPLE[type];
}

function object({ properties = {}, required = [], additionalProperties }) {
  const members = Object.entries(properties).map(
    ([name, schema]) =>
      `${comment(schema)}${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};`,
  );
  const rest = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : null;
  if (rest && members.length) throw new Error('named members beside others are not known');
  if (members.length) return `{ ${members.join(' ')} }`;
  return `Record<string, ${rest ?? (additionalProperties === false ? 'never' : 'unknown')}>`;
}

const comment = ({ description }) => (description ? `/** ${description.trim().replaceAll('*/', '* /')} */ ` : '');

/* Of the answers that say yes, what is in them. */
function answerOf({ responses }) {
  const types = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, response]) => resolve(response).content?.['application/json']?.schema)
    .map((schema) => (schema ? typeOf(schema) : 'null'));
  return [...new Set(types)].join(' | ');
}

function bodyOf({ requestBody }) {
  return requestBody ? typeOf(resolve(requestBody).content['application/json'].schema) : 'undefined';
}

const queryOf = (operation, item) => {
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
  const members = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema }) => `${JSON.stringify(name)}?: ${typeOf(schema)};`);
  return members.length ? `{ ${members.join(' ')} }` : '{}';
};

/* `/meetings/${string}/join`: a template takes any text in its place, so the longer ones stand first. */
const template = (name) => `With<\`${name.replaceAll(/\{\w+\}/g, '${string}')}\`>`;
const length = (name) => name.split('/').length * 100 - name.split('{').length;

/* PostPath: the paths that take the method; Post<Path>: what is sent there and what comes back. */
function callsOf(method) {
  const type = method[0].toUpperCase() + method.slice(1);
  const paths = Object.entries(document.paths)
    .filter(([, item]) => item[method])
    .sort(([a], [b]) => length(b) - length(a));
  const calls = paths.map(
    ([name, item]) =>
      `    Path extends ${template(name)} ? { body: ${bodyOf(item[method])}; query: ${queryOf(item[method], item)}; answer: ${answerOf(item[method])} } :`,
  );
  return `  type ${type}Path = ${paths.map(([name]) => template(name)).join(' | ')};
  type ${type}<Path extends string> =\n${calls.join('\n')}\n    never;`;
}

const types = Object.entries(document.components.schemas).map(
  ([name, schema]) => `  ${comment(schema)}type ${name} = ${typeOf(schema)};`,
);
const all = [
  '  type With<Path extends string> = Path | `${Path}?${string}`;',
  ...types,
  ...['get', 'post', 'patch', 'delete'].map(callsOf),
];
fs.mkdirSync(path.dirname(output), { recursive: true });
fs.writeFileSync(output, `declare namespace Rest {\n${all.join('\n')}\n}\n`);
