import type { AnyValue, Attributes } from '../record.ts'

/*
 * Pieces of OTLP/JSON text. Each field is written as `,"name":value`, or as nothing where it holds its default;
 * `object` puts the brackets around and takes the first comma away.
 */

/** An object of fields. */
export function object(fields: string): string {
  return '{' + fields.slice(1) + '}'
}

/** A field with an object; nothing for an object without fields. */
export function objectField(name: string, fields: string): string {
  return fields === '' ? '' : `,"${name}":{${fields.slice(1)}}`
}

/** A field with an array; nothing for an empty one. */
export function arrayField(name: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `,"${name}":[${items.join(',')}]`
}

/** Text, names and ids. */
export function stringField(name: string, value: string): string {
  return value === '' ? '' : `,"${name}":${JSON.stringify(value)}`
}

/** 32-bit integers and enums. */
export function numberField(name: string, value: number): string {
  return value === 0 ? '' : `,"${name}":${value}`
}

/** 64-bit integers: strings, as protobuf's JSON has them. */
export function longField(name: string, value: bigint): string {
  return value === 0n ? '' : `,"${name}":"${value}"`
}

/** Fields with presence: written also when 0. */
export function doubleField(name: string, value: number | undefined): string {
  return value === undefined ? '' : `,"${name}":${doubleText(value)}`
}

/** A double; what is not finite as a string, as protobuf's JSON has it. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  return Object.is(value, -0) ? '-0.0' : String(value)
}

/** An array of KeyValues. */
export function attributesField(name: string, attributes: Attributes): string {
  const items = Array.from(
    attributes,
    ([key, value]) => `{"key":${JSON.stringify(key)},"value":${valueText(value)}}`,
  )
  return arrayField(name, items)
}

/** An AnyValue; `{}` for one without a value. */
export function valueText(value: AnyValue): string {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`
  if (typeof value === 'boolean') return `{"boolValue":${value}}`
  if (typeof value === 'bigint') return `{"intValue":"${value}"}`
  if (typeof value === 'number') return `{"doubleValue":${doubleText(value)}}`
  if (value === null) return '{}'
  if (value instanceof Uint8Array) {
    return `{"bytesValue":"${Buffer.from(value).toString('base64')}"}`
  }
  if (isAttributes(value)) {
    return `{"kvlistValue":${object(attributesField('values', value))}}`
  }
  return `{"arrayValue":${object(arrayField('values', value.map(valueText)))}}`
}

function isAttributes(value: AnyValue): value is Attributes {
  return value instanceof Map
}
