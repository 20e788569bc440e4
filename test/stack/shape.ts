/** What is wrong with a value at a place; nothing where it has the shape. */
export type Shape = (value: unknown, at: string) => readonly string[]

const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing'

function holds(what: string, is: (value: unknown) => boolean): Shape {
  return (value, at) => (is(value) ? [] : [`${at} is ${shown(value)}, not ${what}`])
}

export const text = holds('a text', (value) => typeof value === 'string' && value !== '')
export const flag = holds('true or false', (value) => typeof value === 'boolean')
export const count = holds('a whole number', (value) => Number.isSafeInteger(value))
export const duration = holds(
  'a duration',
  (value) => typeof value === 'string' && /^-?(?:\d+(?:ms|[smhdw]))+$/.test(value),
)
/** Anything: a part that its own owner checks. */
export const anything: Shape = () => []

/** One of these words. */
export function oneOf(...words: readonly string[]): Shape {
  return holds(`one of ${words.join(', ')}`, (value) => words.includes(String(value)))
}

/** A text of this form. */
export function like(form: RegExp): Shape {
  return holds(`like ${form.source}`, (value) => typeof value === 'string' && form.test(value))
}

/** A list of things of one shape. @param min how many there are at least */
export function list(of: Shape, min = 1): Shape {
  return (value, at) => {
    if (!Array.isArray(value)) return [`${at} is ${shown(value)}, not a list`]
    const few = value.length < min ? [`${at} has ${value.length} entries, not ${min} or more`] : []
    return [...few, ...value.flatMap((each, index) => of(each, `${at}[${index}]`))]
  }
}

/** An object with these keys and no other; `?` after a name says that it may be absent. */
export function object(keys: Readonly<Record<string, Shape>>): Shape {
  const shapes = new Map(Object.entries(keys).map(([key, of]) => [key.replace('?', ''), of]))
  const needed = Object.keys(keys).filter((key) => !key.endsWith('?'))
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return [`${at} is ${shown(value)}, not an object`]
    }
    const missing = needed.filter((key) => !Object.hasOwn(value, key))
    return [
      ...missing.map((key) => `${at}.${key} is missing`),
      ...Object.entries(value).flatMap(([key, each]) => {
        const of = shapes.get(key)
        return of ? of(each, `${at}.${key}`) : [`${at}.${key} is not known`]
      }),
    ]
  }
}

/** An object whose values have one shape, by whatever key. */
export function record(of: Shape): Shape {
  return (value, at) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, each]) => of(each, `${at}.${key}`))
      : [`${at} is ${shown(value)}, not an object`]
}

/** The shape that the value names itself by one of its keys. */
export function byKey(key: string, shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, at) => {
    const name: unknown =
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
    const of = shapes[String(name)]
    return of ? of(value, at) : [`${at}.${key} is ${shown(name)}, which is not known`]
  }
}
