import { resolve } from 'node:path'
import { httpUrl, signals } from '../../probe/ship/endpoint.ts'
import { destinationFromEnvironment, namesReceiver } from '../../probe/ship/environment.ts'
import type { AnyDestination } from '../../probe/ship/plan.ts'
import { FillpathError } from '../../semconv/error.ts'
import { archiveSettings } from '../../wire/archive-settings.ts'
import { ownCategories } from '../../wire/own-category.ts'
import { settingsOf } from '../options.ts'
import { isFolder } from './place.ts'

/**
 * Where a spool is emptied to: a receiver, or the folder of files that a bot writes itself.
 * @param to a base URL, or a folder that begins with `/` or `.`; undefined for what the environment of the bot says
 * @throws FillpathError `setting_invalid`
 */
export function destinationFor(to: string | undefined): AnyDestination {
  const folder = process.env['FILLPATH_FILES']?.trim() ?? ''
  if (to === undefined) {
    return folder !== '' && !namesReceiver(process.env)
      ? filesIn(folder)
      : destinationFromEnvironment(process.env)
  }
  if (isFolder(to)) return filesIn(to)
  const url = urlFrom(to)
  // One base URL for all signals: what stands in the environment for a single one is of the bot's own receiver.
  const ofSignals = /^OTEL_(?:EXPORTER_OTLP_)?(?:LOGS|TRACES|METRICS)_(?:ENDPOINT|EXPORTER)$/
  const rest = Object.entries(process.env).filter(([name]) => !ofSignals.test(name))
  return destinationFromEnvironment({
    ...Object.fromEntries(rest),
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
  })
}

function urlFrom(to: string): string {
  if (!to.includes(':')) {
    throw new FillpathError(
      'setting_invalid',
      `option --to="${to}" is neither a URL nor a folder`,
      {
        hint: `Write a URL with scheme, host and port, http://127.0.0.1:4318, and a folder with a point or slash before it: ./${to}`,
      },
    )
  }
  return httpUrl(to, 'option --to').href
}

function filesIn(given: string): AnyDestination {
  const folder = resolve(given)
  const settings = settingsOf(archiveSettings, {})
  const categories = ownCategories(settings.categories, 'environment variable FILLPATH_CATEGORIES')
  return { name: folder, files: { ...settings, folder, categories }, signals }
}
