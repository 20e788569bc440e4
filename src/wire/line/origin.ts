import type { Origin, Resource, Scope } from '../record.ts'
import { attributesAt, noAttributes, objectAt, stringAt, uint32At } from './fields.ts'
import { parseObject } from './json.ts'
import type { Json } from './json.ts'
import { attributesText, quote } from './value.ts'

const resourceTexts = new WeakMap<Resource, string>()
const scopeTexts = new WeakMap<Scope, string>()

/** The end of a line: `,"scope":{…},"resource":{…}`, each made once for an object, `''` for what is all default. */
export function originText(origin: Origin): string {
  return (
    textOf(scopeTexts, origin.scope, scopeText) +
    textOf(resourceTexts, origin.resource, resourceText)
  )
}

function textOf<T extends object>(
  texts: WeakMap<T, string>,
  key: T,
  make: (key: T) => string,
): string {
  let text = texts.get(key)
  if (text === undefined) {
    text = make(key)
    texts.set(key, text)
  }
  return text
}

function scopeText(scope: Scope): string {
  let text = ''
  if (scope.name !== '') text += `,"name":${quote(scope.name)}`
  if (scope.version !== '') text += `,"version":${quote(scope.version)}`
  text += commonText(scope)
  return text === '' ? '' : `,"scope":{${text.slice(1)}}`
}

function resourceText(resource: Resource): string {
  const text = commonText(resource)
  return text === '' ? '' : `,"resource":{${text.slice(1)}}`
}

function commonText(part: Resource | Scope): string {
  let text = ''
  if (part.attributes.size > 0) text += `,"attributes":${attributesText(part.attributes)}`
  if (part.droppedAttributesCount !== 0) {
    text += `,"dropped_attributes_count":${part.droppedAttributesCount}`
  }
  if (part.schemaUrl !== '') text += `,"schema_url":${quote(part.schemaUrl)}`
  return text
}

/** A line cut in two: the fields of the record, and where it comes from. */
export interface Cut extends Origin {
  readonly json: Json
}

const noResource: Resource = { attributes: noAttributes, droppedAttributesCount: 0, schemaUrl: '' }
const noScope: Scope = { name: '', version: '', ...noResource }

// Thousands of lines end in the same text, so its objects are kept and shared, as records of one request share them.
const cacheEntriesMax = 512
const cacheTextMax = 16_384
const resources = new Map<string, Resource>()
const scopes = new Map<string, Scope>()
let lastText = '?'
let lastResource = noResource

/**
 * Parses a line. Lines with equal scope or resource get the same objects.
 *
 * A line ends in `,"scope":{…},"resource":{…}}`, and `,"resource":` cannot stand inside a JSON string, where the quote would
 * be escaped. If what follows it, with an opening brace before, is complete JSON, then its last brace closes the line.
 *
 * @throws FillpathError `line_malformed`
 */
export function cutLine(line: string, exact: boolean): Cut {
  const resource = sharedResource(line)
  if (resource !== undefined) {
    const resourceAt = line.length - lastText.length
    const scopeAt = line.lastIndexOf(',"scope":{', resourceAt)
    const text = scopeAt < 0 ? '' : line.slice(scopeAt, resourceAt) + '}'
    const scope = text === '' ? undefined : shared(scopes, text, scopeOf)
    try {
      const head = line.slice(0, scope === undefined ? resourceAt : scopeAt) + '}'
      const json = parseObject(head, exact)
      return { json, resource, scope: scope ?? scopeOf(json) }
    } catch {
      // The whole line is looked at below, so that the error speaks of the line and not of a part.
    }
  }
  const json = parseObject(line, exact)
  return { json, resource: resourceOf(json), scope: scopeOf(json) }
}

/** The resource at the end of the line, whose text is `lastText` then; or undefined, when there is none. */
function sharedResource(line: string): Resource | undefined {
  if (line.endsWith(lastText)) return lastResource
  const at = line.lastIndexOf(',"resource":{')
  if (at < 0) return undefined
  const text = line.slice(at)
  const resource = shared(resources, text, resourceOf)
  if (resource !== undefined) {
    lastText = text
    lastResource = resource
  }
  return resource
}

/** What `,"key":{…}}` stands for, or undefined when that is not the whole of it. */
function shared<T>(cache: Map<string, T>, text: string, make: (json: Json) => T): T | undefined {
  const known = cache.get(text)
  if (known !== undefined) return known
  try {
    const json = parseObject('{' + text.slice(1), true)
    if (Object.keys(json).length > 1) return undefined
    const made = make(json)
    if (cache.size >= cacheEntriesMax) cache.clear()
    if (text.length <= cacheTextMax) cache.set(text, made)
    return made
  } catch {
    return undefined
  }
}

function resourceOf(json: Json): Resource {
  if (json['resource'] === undefined) return noResource
  const resource = objectAt(json, 'resource')
  return {
    attributes: attributesAt(resource, 'attributes'),
    droppedAttributesCount: uint32At(resource, 'dropped_attributes_count'),
    schemaUrl: stringAt(resource, 'schema_url'),
  }
}

function scopeOf(json: Json): Scope {
  if (json['scope'] === undefined) return noScope
  const scope = objectAt(json, 'scope')
  return {
    name: stringAt(scope, 'name'),
    version: stringAt(scope, 'version'),
    attributes: attributesAt(scope, 'attributes'),
    droppedAttributesCount: uint32At(scope, 'dropped_attributes_count'),
    schemaUrl: stringAt(scope, 'schema_url'),
  }
}
