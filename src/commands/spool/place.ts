import { readFileSync, readdirSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { folderSettings } from '../../desk/settings.ts'
import { errorCode } from '../../probe/spool/disk.ts'
import { isOfEarlierStart, judgeOwner, realSurroundings } from '../../probe/spool/ownership.ts'
import {
  installFile,
  nobody,
  ownerFile,
  parseFolderName,
  quarantineFolder,
} from '../../probe/spool/place.ts'
import { freeBytesIfFull } from './disk-room.ts'
import { FillpathError } from '../../semconv/error.ts'
import { spoolFolderDefault } from '../../wire/paths.ts'
import type { Settings } from '../../wire/settings.ts'

/** Where the spool is and how times are read: what the commands that look at a spool need. */
export const spoolSettings = {
  spool: {
    kind: 'string',
    brief: 'Folder of the spool.',
    variables: ['FILLPATH_SPOOL_FOLDER'],
    default: `./${spoolFolderDefault}`,
  },
  timeZone: folderSettings.timeZone,
} as const satisfies Settings

/**
 * What is known of the process that a folder belongs to. `left`: it ended in good order. `unsure`: it is, or was, on
 * another machine or in another container.
 */
export type Life = 'alive' | 'dead' | 'left' | 'unsure'

/** The folder of one run of a bot. */
export interface BootFolder {
  readonly boot: string
  readonly path: string
  readonly life: Life
  /** The process that has the folder now; `undefined` when nobody has. */
  readonly pid: number | undefined
  /** The process that wrote the records, as far as its own note can be read. */
  readonly writer: { readonly pid?: number; readonly host?: string; readonly started?: string }
  /** When the owner last showed that it is alive, in milliseconds since the epoch. */
  readonly seenMs: number | undefined
  /** What is in it; empty when it is gone. */
  readonly names: readonly string[]
}

/** A spool as it stands on disk. */
export interface SpoolFolder {
  readonly root: string
  /** Id of the installation; empty when it cannot be read. */
  readonly install: string
  /** The oldest run first. */
  readonly boots: readonly BootFolder[]
  /** Files of what was put aside. */
  readonly quarantine: readonly string[]
}

const hint =
  'Name the folder with --spool FOLDER or FILLPATH_SPOOL_FOLDER: it is the one that the bot was started with.'

/**
 * Looks at a spool, or at one run's folder in it, and changes nothing.
 * @throws FillpathError `not_found` when there is none, `spool_unavailable` when it cannot be read
 */
export function findSpool(path: string): SpoolFolder {
  const folder = resolve(path)
  const isBoot = parseFolderName(basename(folder)) !== undefined
  const root = isBoot ? dirname(folder) : folder
  const names = namesIn(root)
  const bootNames = names.filter((name) => parseFolderName(name) !== undefined)
  if (bootNames.length === 0 && !names.includes(installFile)) {
    if (freeBytesIfFull(root) !== undefined) throw noRoom(root)
    throw new FillpathError('not_found', `${root} is not a spool folder`, { hint })
  }
  if (isBoot && !bootNames.includes(basename(folder))) {
    throw new FillpathError('not_found', `there is no folder ${folder}`, { hint })
  }
  const boots = bootNames
    .filter((name) => !isBoot || name === basename(folder))
    .flatMap((name) => bootAt(root, name))
  const put = names.includes(quarantineFolder) ? namesIn(join(root, quarantineFolder)) : []
  return {
    root,
    install: readText(join(root, installFile))?.trim() ?? '',
    boots: boots.sort((a, b) => (a.writer.started ?? '').localeCompare(b.writer.started ?? '')),
    quarantine: put
      .filter((name) => /^[0-9a-f]{32}\.seg$/.test(name))
      .filter((name) => !isBoot || boots.some(({ boot }) => name.startsWith(boot)))
      .map((name) => join(root, quarantineFolder, name)),
  }
}

function noRoom(root: string): FillpathError {
  const message = `there is no spool in ${root}, and its disk is full: a bot that was started there could keep nothing`
  return new FillpathError('spool_unavailable', message, {
    hint: 'Make room on that disk, or start the bot with a spool on another: FILLPATH_SPOOL_FOLDER.',
  })
}

/** Is it the name of a folder, as that of files that a bot writes itself? No URL begins so. */
export function isFolder(name: string): boolean {
  return isAbsolute(name) || /^\.{1,2}(?:[/\\]|$)/.test(name)
}

/** Does the path lead to a single file, not to a folder? */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

/** An owner that showed no sign of life for so long is not taken to be alive. */
export const seenMsMax = 10_000

/**
 * Is the process of an owner alive? One that ran on a machine of this name, before this machine was started, is dead;
 * unless it shows signs of life, for another machine may have the name.
 */
export function judgeLife(
  owner: string,
  { host, seenMs = 0 }: { readonly host: string | undefined; readonly seenMs: number | undefined },
): 'alive' | 'dead' | 'unsure' {
  const surroundings = realSurroundings()
  const verdict = judgeOwner(owner, surroundings)
  if (verdict !== 'unsure' || host !== hostname()) return verdict
  const isStill = Date.now() - seenMs > seenMsMax
  return isStill && isOfEarlierStart(owner, surroundings) ? 'dead' : 'unsure'
}

/** May the folder still be written? */
export function isLiving({ life }: BootFolder): boolean {
  return life === 'alive' || life === 'unsure'
}

/** Whose folder it is, in words. */
export function ownerText({ life, pid, writer }: BootFolder): string {
  const who = pid === undefined ? '' : `pid ${pid}`
  const took =
    writer.pid === undefined || writer.pid === pid || pid === undefined
      ? ''
      : `, taken over from pid ${writer.pid}`
  switch (life) {
    case 'alive':
      return `${who} is alive${took}`
    case 'dead':
      return `${who} is dead${took}`
    case 'left':
      return writer.pid === undefined ? 'ended' : `pid ${writer.pid} has ended`
    case 'unsure':
      return `${who}${writer.host === undefined ? '' : ` on ${writer.host}`}, which cannot be seen from here${took}`
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') {
      throw new FillpathError('not_found', `there is no spool folder ${folder}`, { hint })
    }
    throw new FillpathError('spool_unavailable', `${folder} cannot be read (${errorCode(error)})`, {
      hint: 'Look with the account that the bot runs under: a spool is readable for it alone.',
    })
  }
}

function namesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    // Delivered and deleted meanwhile.
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

function bootAt(root: string, name: string): BootFolder[] {
  const parsed = parseFolderName(name)
  if (parsed === undefined) return []
  const { boot, owner } = parsed
  const path = join(root, name)
  const pid = owner === nobody ? undefined : Number(owner.split('-')[2])
  const writer = writerOf(readText(join(path, ownerFile)))
  const seenMs = modifiedMs(join(path, ownerFile))
  return [
    {
      boot,
      path,
      life: owner === nobody ? 'left' : judgeLife(owner, { host: writer.host, seenMs }),
      pid: Number.isInteger(pid) ? pid : undefined,
      writer,
      seenMs,
      names: namesOf(path),
    },
  ]
}

function writerOf(text: string | undefined): BootFolder['writer'] {
  try {
    const facts: { pid?: unknown; host?: unknown; started?: unknown } = Object(
      JSON.parse(text ?? '{}'),
    )
    return {
      ...(typeof facts.pid === 'number' && { pid: facts.pid }),
      ...(typeof facts.host === 'string' && { host: facts.host }),
      ...(typeof facts.started === 'string' && { started: facts.started }),
    }
  } catch {
    // A process that was killed may leave half a note.
    return {}
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function modifiedMs(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs
  } catch {
    return undefined
  }
}
