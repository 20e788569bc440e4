/**
 * Where a spool lives on disk.
 *
 * ```
 * <root>/                          mode 0700
 *   install                        id of the installation, 32 hex digits, made once
 *   quarantine/<boot>.seg          what could not be read or was refused; stays until a person removes it
 *   runs/<boot>.json               what each run was and how it ended (manifest.ts)
 *   <boot>.<owner>/                one folder for each run of a bot; renaming it hands it to another owner
 *     owner.json                   who writes here, for people; its time is the owner's sign of life
 *     critical-00000001.seg …      three series of segments, one for each priority class
 *     reserve                      space kept for critical records when the disk is full
 *     checkpoint-<destination>     what a destination has
 *     open-spans                   spans that have begun and not ended (open-spans.ts)
 * ```
 *
 * The owner stands in the name, so that taking over an orphan is one rename: of two that try, one wins.
 */
import { join } from 'node:path'

/** What a reader has to know to find the records of a process. */
export interface SpoolPlace {
  /** The spool's root folder. */
  readonly root: string
  /** Folders of this owner are read; `undefined` reads all of them, for looking and for tests. */
  readonly owner: string | undefined
  /** The boot that writes now; its newest segments may still grow. `undefined` when none does. */
  readonly boot: string | undefined
}

/** The owner of a folder that was left in good order. */
export const nobody = 'nobody'
/** File at the root of a spool that holds its install id. */
export const installFile = 'install'
/** Folder at the root of a spool for what was damaged or refused. */
export const quarantineFolder = 'quarantine'
/** Folder at the root of a spool for the manifests of its runs. */
export const runsFolder = 'runs'
/** File in a folder of the spool that says which process it belongs to. */
export const ownerFile = 'owner.json'
/** File that keeps room on the disk for critical records. */
export const reserveFile = 'reserve'
/** Written and deleted at once, to see whether there is space. */
export const probeFile = 'probe'
/** What is to be closed when the process dies. A folder with it in is not done yet. */
export const openSpansFile = 'open-spans'
const checkpointPrefix = 'checkpoint-'

/** What becomes the file of open spans by a rename. */
export function openSpansDraft(path: string): string {
  return `${path}.new`
}

/** The name of the folder of a boot while `owner` has it. */
export function folderName(boot: string, owner: string): string {
  return `${boot}.${owner}`
}

/** Boot and owner from a folder name; `undefined` for other names. */
export function parseFolderName(
  name: string,
): { readonly boot: string; readonly owner: string } | undefined {
  const match = /^([0-9a-f]{32})\.([\w-]+)$/.exec(name)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  return { boot: match[1], owner: match[2] }
}

/** The manifest of a run. */
export function manifestPath(root: string, boot: string): string {
  return join(root, runsFolder, `${boot}.json`)
}

/** The boot whose manifest a file is; `undefined` for other names. */
export function parseManifestName(name: string): string | undefined {
  return /^([0-9a-f]{32})\.json$/.exec(name)?.[1]
}

/** The file that says what a destination has of a folder. */
export function checkpointPath(folder: string, destination: string): string {
  return join(folder, `${checkpointPrefix}${encodeURIComponent(destination)}`)
}

/** The destination of a checkpoint file; `undefined` for other names. */
export function parseCheckpointName(name: string): string | undefined {
  if (!name.startsWith(checkpointPrefix) || name.endsWith('.new')) return undefined
  try {
    return decodeURIComponent(name.slice(checkpointPrefix.length))
  } catch {
    return undefined
  }
}

/** Is this a file the spool made in a boot's folder, apart from segments? */
export function isOwnFile(name: string): boolean {
  return (
    name === ownerFile ||
    name === reserveFile ||
    name === probeFile ||
    name === openSpansDraft(openSpansFile) ||
    name.startsWith(checkpointPrefix)
  )
}
