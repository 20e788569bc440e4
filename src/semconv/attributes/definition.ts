/**
 * How a value is written.
 * `decimal` is a decimal string exactly as the venue gave it; a double twin `…_num` stands beside it where something
 * sums or compares it. `any` is a structured value (nested objects and arrays).
 */
type AttributeType = 'string' | 'boolean' | 'int' | 'double' | 'decimal' | 'string[]' | 'any'

/** How firmly a name is kept: `stable` never changes, `development` may. */
type Stability = 'stable' | 'development'

/** One attribute of the `trading.*` convention, or one of OpenTelemetry's own that fillpath uses. */
export interface AttributeDefinition {
  readonly type: AttributeType
  readonly brief: string
  readonly example: unknown
  /** UCUM unit, or the meaning of the number. */
  readonly unit?: string
  /** Closed set of values, where there is one. */
  readonly values?: readonly string[]
  /** @default 'stable' */
  readonly stability?: Stability
  /** High in cardinality: never a metric label or a Loki label. */
  readonly id?: true
  /** FIX tag or ccxt field of the same meaning. */
  readonly fix?: string
  readonly ccxt?: string
}
