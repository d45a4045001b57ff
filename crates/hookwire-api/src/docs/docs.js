'use strict';
// Renders the operations of openapi.json. Text only ever enters the page as text nodes.

const make = (name, attributes = {}, ...children) => {
  const element = Object.assign(document.createElement(name), attributes);
  element.append(...children);
  return element;
};

const nameOf = (reference) => reference.split('/').pop();

const typeOf = (schema) => {
  if (!schema) return '';
  if (schema.$ref) return nameOf(schema.$ref);
  const options = schema.oneOf || schema.anyOf;
  if (options) return options.map(typeOf).join(' | ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const types = [].concat(schema.type || 'any');
  return types.map((type) => (type === 'array' ? `${typeOf(schema.items) || 'any'}[]` : type)).join(' | ')
    + (schema.format ? ` (${schema.format})` : '');
};

const table = (rows) => make('table', {}, ...rows.map(([name, type, about]) => make('tr', {},
  make('td', {}, make('code', {}, name)),
  make('td', {}, make('span', { className: 'type' }, type), about ? ` ${about}` : ''))));

const resolve = (spec, schema) => (schema?.$ref ? spec.components.schemas[nameOf(schema.$ref)] : schema);

const fields = (spec, schema) => {
  const rows = (part) => {
    const shape = resolve(spec, part) || {};
    const required = new Set(shape.required || []);
    const own = Object.entries(shape.properties || {}).map(([name, field]) =>
      [required.has(name) ? `${name} *` : name, typeOf(field), field.description]);
    return (shape.allOf || []).flatMap(rows).concat(own);
  };
  return table(rows(schema));
};

const block = (title, ...content) => [make('h3', {}, title), ...content];

const details = (spec, operation) => {
  const body = operation.requestBody?.content?.['application/json']?.schema;
  const parameters = operation.parameters || [];
  const parts = [];
  const token = { none: 'No token needed', org: 'Org token', app: 'Org token, or the app’s own', any: 'Any token' };
  parts.push(make('p', { className: 'type' }, `${operation.operationId} · ${token[operation['x-hookwire-token']] || ''}`));
  if (parameters.length) {
    parts.push(...block('Parameters', table(parameters.map((parameter) =>
      [parameter.required ? `${parameter.name} *` : parameter.name, `${parameter.in}, ${typeOf(parameter.schema)}`, parameter.description]))));
  }
  if (body) parts.push(...block(`Body: ${typeOf(body)}`, fields(spec, body)));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const schema = answer.content?.['application/json']?.schema;
    const title = `${status} ${answer.description}${schema ? ` ${typeOf(schema)}` : ''}`;
    if (!schema || Number(status) >= 400) {
      parts.push(make('h3', {}, title));
      continue;
    }
    parts.push(...block(title, fields(spec, schema)));
    const items = resolve(spec, schema)?.properties?.data?.items;
    if (items?.$ref) parts.push(...block(`${nameOf(items.$ref)}`, fields(spec, items)));
  }
  return make('div', {}, ...parts);
};

const entry = (spec, method, path, operation) => {
  const summary = make('summary', {},
    make('span', { className: 'method' }, method.toUpperCase()),
    make('code', {}, path),
    make('span', { className: 'says' }, operation.summary || ''));
  const element = make('details', { id: operation.operationId }, summary);
  element.addEventListener('toggle', () => {
    if (element.open && element.children.length === 1) element.append(details(spec, operation));
  });
  element.dataset.text = `${method} ${path} ${operation.operationId} ${operation.summary}`.toLowerCase();
  return element;
};

const show = (spec) => {
  const groups = new Map();
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const group = (operation.tags || ['other'])[0];
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(entry(spec, method, path, operation));
    }
  }
  const sections = [...groups].map(([name, entries]) => make('section', {}, make('h2', {}, name.replaceAll('_', ' ')), ...entries));
  document.getElementById('operations').replaceChildren(...sections);
};

const filter = (text) => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll('section')) {
    let any = false;
    for (const element of section.querySelectorAll('details')) {
      element.hidden = !words.every((word) => element.dataset.text.includes(word));
      any ||= !element.hidden;
    }
    section.hidden = !any;
  }
};

const start = async () => {
  try {
    const response = await fetch('/api/v1/openapi.json');
    show(await response.json());
    document.getElementById('filter').addEventListener('input', (event) => filter(event.target.value));
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.setAttribute('open', '');
  } catch (error) {
    document.getElementById('operations').replaceChildren(make('p', {}, `The description could not be loaded: ${error}`));
  }
};

start();
