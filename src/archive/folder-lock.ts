/**
 * One desk per folder.
 *
 * The file `desk.lock` says which process writes here. It is never trusted by its existence alone: a holder that is
 * dead (pid gone, or given to a process with another start time) is replaced. Of a holder that cannot be looked up,
 * because it ran on another machine, in another container or before a reboot, the file's age decides: a living desk
 * touches it every five seconds. When two desks replace a dead one in the same moment, the one whose file stands
 * after a pause has it.
 *
 * A bot that writes the files itself holds its folder the same way. On a full disk, where no more than its name can be
 * written, the file is empty, and its age alone says that it is held: who makes room there has to hold the folder.
 */
import { randomUUID } from 'node:crypto'
import { renameSync, statSync } from 'node:fs'
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FillpathError } from '../semconv/error.ts'
import { fileMode, folderMode } from '../wire/paths.ts'
import { aliveness, ownIdentity } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'

const fileName = 'desk.lock'
const touchEveryMs = 5_000
const staleAfterMs = 20_000
const settleMs = 50

interface Holder extends ProcessIdentity {
  readonly since: string
  readonly command: string
  /** Tells apart who holds a folder within one process. */
  readonly token: string
}

/** A folder that is held. */
export interface FolderLock {
  /** Lets the folder go. Once. */
  release(): Promise<void>
}

/**
 * Takes `folder`, which is created (mode 0700) where it is missing.
 * @param token of the holder. A worker that died without a word is followed by another with the same one, which has the
 *   folder at once.
 * @throws FillpathError `folder_in_use` with the holder's pid and command, `folder_unwritable` when it cannot be written
 */
export async function lockFolder(
  folder: string,
  token: string = randomUUID(),
): Promise<FolderLock> {
  const path = join(folder, fileName)
  const me: Holder = {
    ...ownIdentity(),
    since: new Date().toISOString(),
    command: [basename(process.execPath), ...process.argv.slice(1, 3)].join(' '),
    token,
  }
  let inode = 0
  try {
    await mkdir(folder, { recursive: true, mode: folderMode })
    inode = (await create(path, me)) ?? (await takeOver(folder, path, me))
  } catch (cause) {
    if (cause instanceof FillpathError) throw cause
    throw new FillpathError(
      'folder_unwritable',
      `${folder} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
  const touching = setInterval(() => void touch(path), touchEveryMs)
  touching.unref()
  return {
    async release() {
      clearInterval(touching)
      if (await isOurs(path, me, inode)) await rm(path, { force: true })
    },
  }
}

/** Makes the file, and tells its inode; undefined when there is one. */
async function create(path: string, me: Holder): Promise<number | undefined> {
  try {
    return await writeHolder(path, 'wx', me)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined
    throw error
  }
}

async function writeHolder(path: string, flag: 'w' | 'wx', me: Holder): Promise<number> {
  const handle = await open(path, flag, fileMode)
  try {
    await handle.writeFile(`${JSON.stringify(me)}\n`)
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC') throw error
    // Half of it would be as good as none.
    await handle.truncate(0)
  } finally {
    await handle.close()
  }
  return (await stat(path)).ino
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** Whether the file is the one that was written; the inode alone tells it of an empty one. */
async function isOurs(path: string, me: Holder, inode: number): Promise<boolean> {
  const holder = await read(path)
  if (holder !== undefined) return holder.token === me.token
  return (await stat(path).catch(() => undefined))?.ino === inode
}

async function takeOver(folder: string, path: string, me: Holder): Promise<number> {
  const fresh = `${path}.${me.token}`
  const inode = await writeHolder(fresh, 'w', me)
  try {
    const found = inodeOf(path)
    const holder = await read(path)
    if (holder?.token !== me.token && (await isHeld(path, fresh, holder)))
      throw inUse(folder, holder)
    // Looked at and replaced in one go: who was held up until here must not push out who was quicker, and has it by now.
    if (inodeOf(path) !== found) throw inUse(folder, await read(path))
    renameSync(fresh, path)
  } finally {
    await rm(fresh, { force: true })
  }
  await sleep(settleMs)
  if (!(await isOurs(path, me, inode))) throw inUse(folder, await read(path))
  return inode
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

async function isHeld(path: string, fresh: string, holder: Holder | undefined): Promise<boolean> {
  const state = holder === undefined ? 'unknown' : aliveness(holder)
  if (state !== 'unknown') return state === 'alive'
  // Both times come from the same file system, so clocks of two machines are not compared.
  const [held, now] = await Promise.all([stat(path).catch(() => undefined), stat(fresh)])
  return held !== undefined && now.mtimeMs - held.mtimeMs < staleAfterMs
}

async function read(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    return isHolder(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Record<string, unknown>
  const texts = ['started', 'realm', 'since', 'command', 'token']
  return typeof fields['pid'] === 'number' && texts.every((key) => typeof fields[key] === 'string')
}

/** Writes the first character again: the time of the file is then of the file system's clock, not of ours. */
async function touch(path: string): Promise<void> {
  const handle = await open(path, 'r+').catch(() => undefined)
  try {
    const isEmpty = (await handle?.stat())?.size === 0
    if (isEmpty) await handle?.utimes(new Date(), new Date())
    else await handle?.write('{', 0)
  } catch {
    // The next time, then.
  } finally {
    await handle?.close().catch(() => undefined)
  }
}

function inUse(folder: string, holder: Holder | undefined): FillpathError {
  const who =
    holder === undefined
      ? 'another desk that is just starting'
      : `process ${holder.pid} (${holder.command}) since ${holder.since}`
  return new FillpathError('folder_in_use', `${folder} is used by ${who}`, {
    hint: 'One process writes to a folder: stop that one, or choose another folder (a desk: --data or FILLPATH_DATA, a bot: files or FILLPATH_FILES).',
  })
}
