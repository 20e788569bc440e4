import { createContextKey } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'

/**
 * Attributes that travel with the context: inside `signal.run` every record carries symbol, strategy, task and
 * correlation id without being told.
 */
const attributesKey = createContextKey('fillpath.attributes')

/** Attributes that records made in a context inherit. */
export type InheritedAttributes = Readonly<Record<string, unknown>>

/** The context with these attributes in place of the ones it had; {@link inheritedAttributes} reads them. */
export function withAttributes(context: Context, attributes: InheritedAttributes): Context {
  return context.setValue(attributesKey, attributes)
}

/** What records made in this context inherit, or undefined. */
export function inheritedAttributes(context: Context): InheritedAttributes | undefined {
  // Only withAttributes writes under this key, so the value is of its type.
  return context.getValue(attributesKey) as InheritedAttributes | undefined
}
