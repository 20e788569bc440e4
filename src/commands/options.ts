import { durationText, sizeText } from '../wire/setting-kinds.ts'
import { readSettings } from '../wire/settings.ts'
import type { SettingKind } from '../wire/setting-kinds.ts'
import type { Settings, Values } from '../wire/settings.ts'
import type { Command } from 'commander'

/** A setting as the option that stands for it: `--http-port`. */
function optionName(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** Adds an option for each of `names`; what it means, its variable and its default come from the settings. */
export function addOptions<All extends Settings>(
  command: Command,
  settings: All,
  names: readonly (keyof All & string)[],
): Command {
  for (const name of names) {
    const setting = settings[name]
    if (setting === undefined) continue
    const variable = setting.variables?.[0]
    const standard =
      setting.default === undefined ? '' : `, else ${shown(setting.kind, setting.default)}`
    const source = variable === undefined ? '' : ` (${variable}${standard})`
    command.option(
      `${optionName(name)} <${placeholder(name, setting.kind)}>`,
      `${setting.brief.replace(/\.$/, '')}${source}`,
    )
  }
  return command
}

/**
 * Reads the settings from the options of a command and the environment.
 * @throws FillpathError `setting_invalid`
 */
export function settingsOf<const All extends Settings>(
  settings: All,
  options: Readonly<Record<string, unknown>>,
): Values<All> {
  const own = Object.fromEntries(
    Object.entries(options).filter(([name]) => Object.hasOwn(settings, name)),
  )
  return readSettings(settings, { options: own, optionName })
}

function shown(kind: SettingKind['kind'], value: unknown): string {
  if (typeof value !== 'number') return String(value)
  if (kind === 'duration') return durationText(value)
  return kind === 'size' ? sizeText(value) : String(value)
}

function placeholder(name: string, kind: SettingKind['kind']): string {
  if (kind === 'boolean') return 'true|false'
  if (kind === 'duration') return 'time'
  if (kind === 'size') return 'size'
  if (name.endsWith('Port')) return 'port'
  return name === 'data' || name === 'spool'
    ? 'folder'
    : name.replace(/^.*(?=[A-Z])/, '').toLowerCase()
}
