/**
 * Names as attributes have them, from names as Loki and Prometheus store them: dots became underscores there, and a map
 * became one name for each of its values.
 *
 * The registry knows which dots there were. A name that is in neither the registry nor among OpenTelemetry's names of a
 * resource stays as it is stored.
 */
import { attributes as registered } from '../semconv/attributes.ts'
import { flat } from './logql.ts'

/** Where a stored name belongs. */
export interface StoredName {
  readonly name: string
  /** The part below `name`, of a value within a map; `''` otherwise. */
  readonly within: string
  readonly isResource: boolean
}

const resourcePrefixes =
  /^(?:service|host|os|process|telemetry|deployment|container|k8s|cloud|faas|device)_/

/** Attributes of ours that describe the bot, and stand on its resource. */
const ofResource = [
  'trading.bot.id',
  'trading.run.id',
  'trading.mode',
  'trading.code.commit',
  'trading.log_schema_version',
] as const

const byStored = new Map(Object.keys(registered).map((name) => [flat(name), name]))
const resourceNames = new Map(ofResource.map((name) => [flat(name), name]))
/** Attributes that hold maps, the longest name first. */
const maps = Object.entries(registered)
  .filter(([, { type }]) => type === 'any')
  .map(([name]) => [`${flat(name)}_`, name] as const)
  .sort(([a], [b]) => b.length - a.length)

/** What a name in Loki's structured metadata, or a label, stands for. */
export function nameOf(stored: string): StoredName {
  const resource = resourceNames.get(stored)
  if (resource !== undefined) return { name: resource, within: '', isResource: true }
  const name = byStored.get(stored)
  if (name !== undefined) return { name, within: '', isResource: false }
  if (resourcePrefixes.test(stored)) {
    return { name: stored.replaceAll('_', '.'), within: '', isResource: true }
  }
  for (const [prefix, map] of maps) {
    if (stored.startsWith(prefix)) {
      return { name: map, within: stored.slice(prefix.length), isResource: false }
    }
  }
  return { name: stored, within: '', isResource: false }
}
