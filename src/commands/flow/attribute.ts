import { shortValue } from '../../archive/human.ts'
import { numberText } from '../../semconv/told.ts'
import type { SpanNode } from '../../archive/flow/tree.ts'
import type { AttributeName } from '../../semconv/attributes.ts'
import type { AnyValue, Attributes } from '../../wire/record.ts'

/** The value of an attribute as text; empty when it is not there. */
export function textOf(attributes: Attributes, name: AttributeName): string {
  const value = attributes.get(name)
  if (value === undefined || value === null) return ''
  return typeof value === 'number' ? numberText(name, value) : shortValue(value, 80)
}

/** The value of an attribute as a number; undefined when it is none. */
export function numberOf(attributes: Attributes, name: AttributeName): number | undefined {
  const value = attributes.get(name)
  if (value === undefined || value === null || value === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** The first value of an attribute in the tree below `node`: of the span, then of its events, then of its children. */
export function findValue(node: SpanNode, name: AttributeName): AnyValue | undefined {
  const own = node.attributes.get(name)
  if (own !== undefined) return own
  for (const event of node.events.toReversed()) {
    const value = event.attributes.get(name)
    if (value !== undefined) return value
  }
  for (const child of node.children) {
    const value = findValue(child, name)
    if (value !== undefined) return value
  }
  return undefined
}
