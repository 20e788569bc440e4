import type { AttributeName } from '../../src/semconv/attributes.ts'

export { series } from '../../src/stack/series.ts'

/** A label as Prometheus and Loki store it. */
export function label(name: AttributeName | 'trading.bot.id' | 'service.name'): string {
  return name.replaceAll('.', '_')
}

/** `sum by (…)` over labels of the registry, always with the bot. */
export function by(...labels: readonly AttributeName[]): string {
  return `by (${[label('trading.bot.id'), ...labels.map(label)].join(', ')})`
}
