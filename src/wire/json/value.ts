import type { AnyValue, Attributes } from '../record.ts'
import {
  at,
  booleanAt,
  bytesOf,
  doubleOf,
  int64Of,
  isJson,
  objectAt,
  objectsAt,
  stringAt,
  wrong,
} from './fields.ts'
import type { Json } from './fields.ts'

/** Nesting of values beyond which a body is refused. */
const valueDepthMax = 100

const noAttributes: Attributes = new Map()

/** The KeyValues of the array at `key`. Of a key that comes twice, against the rule, the last value holds. */
export function attributesAt(json: Json, key: string, depth = 0): Attributes {
  const list = objectsAt(json, key)
  if (list.length === 0) return noAttributes
  const attributes = new Map<string, AnyValue>()
  for (const item of list) attributes.set(stringAt(item, 'key'), valueOf(at(item, 'value'), depth))
  return attributes
}

/** An AnyValue: an object with one of seven fields, or none. */
export function valueOf(json: unknown, depth = 0): AnyValue {
  if (json === undefined || json === null) return null
  if (!isJson(json)) throw wrong('value', 'an object such as {"stringValue":"…"}', json)
  if (depth > valueDepthMax) throw wrong('value', `nested at most ${valueDepthMax} deep`, '…')
  if (at(json, 'stringValue') !== undefined) return stringAt(json, 'stringValue')
  if (at(json, 'boolValue') !== undefined) return booleanAt(json, 'boolValue')
  const int = at(json, 'intValue')
  if (int !== undefined) return int64Of(int, 'intValue')
  const double = at(json, 'doubleValue')
  if (double !== undefined) return doubleOf(double, 'doubleValue')
  const bytes = at(json, 'bytesValue')
  if (bytes !== undefined) return bytesOf(bytes, 'bytesValue')
  if (at(json, 'arrayValue') !== undefined) {
    return objectsAt(objectAt(json, 'arrayValue'), 'values').map((item) => valueOf(item, depth + 1))
  }
  if (at(json, 'kvlistValue') !== undefined) {
    return attributesAt(objectAt(json, 'kvlistValue'), 'values', depth + 1)
  }
  return null
}
