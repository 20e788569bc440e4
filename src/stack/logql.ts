/**
 * Texts of LogQL. Whatever a user wrote stands in quotes with Go's escapes, so that an id cannot become a query.
 */

/** A string in quotes. */
export function quoted(text: string): string {
  const escaped = text.replaceAll(/["\\\u0000-\u001f\u007f]/g, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  )
  return `"${escaped}"`
}

/** `text` as a part of a regular expression (RE2) that matches it alone. */
export function literal(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`)
}

/** The name of a label or of structured metadata for the name of an attribute. */
export function flat(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_')
}

/** A filter for one of several values of a name. */
export function isOneOf(name: string, values: readonly string[]): string {
  const [first = ''] = values
  return values.length === 1
    ? `${flat(name)}=${quoted(first)}`
    : `${flat(name)}=~${quoted(values.map(literal).join('|'))}`
}

/** A filter that takes what one of the filters takes. */
export function anyOf(filters: readonly string[]): string {
  return filters.join(' or ')
}

/** A query for lines of which all filters hold. */
export function linesWith(selector: string, filters: readonly string[] = []): string {
  return [selector, ...filters].join(' | ')
}
