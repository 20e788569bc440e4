/** The manifests of a spool: what its runs were and how they ended, also when all that they recorded was delivered. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseManifest } from '../../probe/spool/manifest.ts'
import { parseManifestName, runsFolder } from '../../probe/spool/place.ts'
import { priorityClasses } from '../../semconv/classes.ts'
import { durationText } from '../time-text.ts'
import { judgeLife } from './place.ts'
import type { Manifest } from '../../probe/spool/manifest.ts'
import type { BootFolder } from './place.ts'

/**
 * A run by its manifest. `died`: its process is gone and nobody has found that out yet. `unsure`: it says that it runs, on
 * a machine that cannot be seen from here.
 */
export interface KnownRun extends Manifest {
  readonly life: Manifest['status'] | 'died' | 'unsure'
}

/**
 * The runs of a spool, the newest first. What cannot be read is left out.
 * @param boots the folders that are there, which show signs of life
 */
export function runsIn(root: string, boots: readonly BootFolder[]): KnownRun[] {
  const folder = join(root, runsFolder)
  return namesIn(folder)
    .filter((name) => parseManifestName(name) !== undefined)
    .flatMap((name) => {
      const manifest = parseManifest(textOf(join(folder, name)))
      if (manifest === undefined) return []
      const seenMs = boots.find(({ boot }) => boot === manifest.boot)?.seenMs
      return [{ ...manifest, life: lifeOf(manifest, seenMs) }]
    })
    .sort((a, b) => b.started.localeCompare(a.started))
}

function lifeOf({ status, owner, host }: Manifest, seenMs: number | undefined): KnownRun['life'] {
  if (status !== 'running') return status
  switch (judgeLife(owner, { host, seenMs })) {
    case 'alive':
      return 'running'
    case 'dead':
      return 'died'
    case 'unsure':
      return 'unsure'
  }
}

/** How a run stands, in words. */
export function lifeText({ life, reason, started, ended }: KnownRun): string {
  // The clock may have been set meanwhile.
  const lastedMs = Math.max(0, Date.parse(ended ?? started) - Date.parse(started))
  const long = ended === undefined ? '' : durationText(lastedMs)
  switch (life) {
    case 'running':
      return 'running'
    case 'ended':
      return `ended after ${long}${reason === undefined ? '' : ` by ${reason}`}`
    case 'crashed-recovered':
      return `crashed${long === '' ? '' : ` after ${long}`}, and was found by the next`
    case 'died':
      return 'died, and was not found yet'
    case 'unsure':
      return 'says that it runs, on a machine that cannot be seen from here'
  }
}

/** What the run lost, by class and reason; empty when it lost nothing. */
export function lostText({ lost = {} }: Manifest): string {
  const parts = priorityClasses.flatMap((recordClass) =>
    Object.entries(lost[recordClass] ?? {}).map(
      ([reason, count]) => `${count} ${recordClass} (${reason})`,
    ),
  )
  return parts.length === 0 ? '' : `lost ${parts.join(', ')}`
}

/** Which code with which configuration it was. */
export function identityText({ service, bot, mode, commit, config, run }: Manifest): string {
  const parts = [
    bot === service || bot === '' ? service : `${service} ${bot}`,
    ...(mode === undefined ? [] : [mode]),
    ...(commit === undefined ? [] : [`commit ${commit.slice(0, 12)}`]),
    ...(config === undefined ? [] : [`config ${config}`]),
    `run ${run}`,
  ]
  return parts.join(' · ')
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // A spool of before there were manifests, or of a bot that has just begun.
    return []
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
