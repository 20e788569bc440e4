/**
 * A disk that can lose power, in memory.
 *
 * - A write is in the cache until the file is synced. At a power loss each 512-byte sector of the cache that was not synced
 *   is either written or not, and the length is any between the synced and the present one.
 * - A name made, changed or removed is in the cache until its folder is synced. At a power loss a prefix of these changes
 *   has happened, in each folder its own.
 * - A failed sync forgets which sectors were not written: a later one does not write them (as ext4 and XFS do).
 * - A process that was killed can do nothing any more; what it wrote stays in the cache.
 */
import { basename, dirname } from 'node:path'
import type { ByteRange, Disk, DiskEntry, OpenMode } from '../../../src/probe/spool/disk.ts'
import type { Random } from './random.ts'

const sectorBytes = 512

interface FileNode {
  readonly kind: 'file'
  readonly id: number
  cache: Buffer
  stable: Buffer
  dirty: Set<number>
  modified: number
  links: number
  opens: number
}

interface FolderNode {
  readonly kind: 'folder'
  readonly id: number
  names: Map<string, Node>
  stable: Map<string, Node>
  changes: (readonly (readonly [string, Node | undefined])[])[]
}

type Node = FileNode | FolderNode

/** Calls that can be made to fail. */
export type DiskCall = keyof Disk

/** A fault waiting to happen. */
export interface Fault {
  readonly call: DiskCall
  /** Error code to throw. `short`: a write takes a part only. `die`: the process is killed in the middle of a write. */
  readonly code: string
  /** Calls to let pass before, and calls to hit. */
  skip: number
  times: number
}

export class ModelDisk {
  readonly random: Random
  /** Bytes that files may take. */
  capacity = Number.POSITIVE_INFINITY
  readonly faults: Fault[] = []
  /** How often each fault has hit, by `call code`. */
  readonly hits = new Map<string, number>()
  root: FolderNode
  #ids = 0
  #clock = 0
  #session = 0

  constructor(random: Random) {
    this.random = random
    this.root = this.folder()
  }

  /** The disk as a new process sees it; processes before it are dead. */
  start(): Disk {
    this.#session += 1
    for (const file of this.files()) file.opens = 0
    return new Session(this, this.#session).disk
  }

  /** The disk as another thread of the present process sees it. */
  join(): Disk {
    return new Session(this, this.#session).disk
  }

  /** How many processes there were: the last one may be alive. */
  get sessions(): number {
    return this.#session
  }

  isAlive(session: number): boolean {
    return session === this.#session
  }

  /** The process is killed. */
  kill(): void {
    this.#session += 1
  }

  /** The machine loses power. */
  losePower(): void {
    this.#session += 1
    const seen = new Set<Node>()
    this.#settle(this.root, seen)
  }

  fail(call: DiskCall, code: string, options: { skip?: number; times?: number } = {}): void {
    this.faults.push({ call, code, skip: options.skip ?? 0, times: options.times ?? 1 })
  }

  /** The fault that hits this call, if one does. */
  hit(call: DiskCall): string | undefined {
    const fault = this.faults.find((fault) => fault.call === call && fault.times > 0)
    if (fault === undefined) return undefined
    if (fault.skip > 0) {
      fault.skip -= 1
      return undefined
    }
    fault.times -= 1
    const key = `${call} ${fault.code}`
    this.hits.set(key, (this.hits.get(key) ?? 0) + 1)
    return fault.code
  }

  /** Bytes that can still be written. */
  free(): number {
    // Going through all files for each write would take most of the time of a life.
    if (this.capacity === Number.POSITIVE_INFINITY) return this.capacity
    return Math.max(0, this.capacity - this.used())
  }

  used(): number {
    let used = 0
    for (const file of this.files()) used += file.cache.length
    return used
  }

  *files(folder: FolderNode = this.root): Generator<FileNode> {
    for (const node of folder.names.values()) {
      if (node.kind === 'file') yield node
      else yield* this.files(node)
    }
  }

  file(): FileNode {
    this.#ids += 1
    return {
      kind: 'file',
      id: this.#ids,
      cache: Buffer.alloc(0),
      stable: Buffer.alloc(0),
      dirty: new Set(),
      modified: this.tick(),
      links: 0,
      opens: 0,
    }
  }

  folder(): FolderNode {
    this.#ids += 1
    return { kind: 'folder', id: this.#ids, names: new Map(), stable: new Map(), changes: [] }
  }

  tick(): number {
    this.#clock += 1
    return this.#clock
  }

  find(path: string): Node | undefined {
    let node: Node | undefined = this.root
    for (const name of path.split('/').filter((part) => part !== '')) {
      node = node?.kind === 'folder' ? node.names.get(name) : undefined
    }
    return node
  }

  change(folder: FolderNode, change: readonly (readonly [string, Node | undefined])[]): void {
    for (const [name, node] of change) {
      const old = folder.names.get(name)
      if (old?.kind === 'file') old.links -= 1
      if (node === undefined) folder.names.delete(name)
      else folder.names.set(name, node)
      if (node?.kind === 'file') node.links += 1
    }
    folder.changes.push(change)
  }

  /** A person deletes a folder with all that is in it. */
  remove(path: string): void {
    const folder = this.find(path)
    const parent = this.find(dirname(path))
    if (folder?.kind !== 'folder' || parent?.kind !== 'folder') return
    for (const [name, node] of Array.from(folder.names)) {
      if (node.kind === 'folder') this.remove(`${path}/${name}`)
      else this.change(folder, [[name, undefined]])
    }
    this.change(parent, [[basename(path), undefined]])
  }

  #settle(folder: FolderNode, seen: Set<Node>): void {
    const kept = this.random.below(folder.changes.length + 1)
    for (const change of folder.changes.slice(0, kept)) applyChange(folder.stable, change)
    folder.changes = []
    folder.names = new Map(folder.stable)
    for (const node of folder.names.values()) {
      if (seen.has(node)) continue
      seen.add(node)
      if (node.kind === 'folder') this.#settle(node, seen)
      else this.#settleFile(node)
    }
  }

  #settleFile(file: FileNode): void {
    const lengths = [file.stable.length, file.cache.length]
    const low = Math.min(...lengths)
    const length = this.random.pick([
      ...lengths,
      low + this.random.below(Math.max(...lengths) - low + 1),
    ])
    const bytes = Buffer.alloc(length)
    file.stable.copy(bytes)
    for (const sector of file.dirty) {
      if (this.random.below(2) === 0) continue
      const start = sector * sectorBytes
      if (start >= Math.min(length, file.cache.length)) continue
      file.cache.copy(bytes, start, start, Math.min(start + sectorBytes, length))
    }
    file.stable = bytes
    file.cache = Buffer.from(bytes)
    file.dirty.clear()
    file.links = 1
    file.opens = 0
  }
}

function applyChange(
  names: Map<string, Node>,
  change: readonly (readonly [string, Node | undefined])[],
): void {
  for (const [name, node] of change) {
    if (node === undefined) names.delete(name)
    else names.set(name, node)
  }
}

/** Without a stack: it costs more than all else here, and says nothing that the code does not. */
function fault(code: string): Error {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return Object.assign(new Error(`${code}: injected`), { code })
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** What one process sees. */
class Session {
  readonly #model: ModelDisk
  readonly #session: number
  readonly #open = new Map<number, FileNode>()
  #next = 3

  constructor(model: ModelDisk, session: number) {
    this.#model = model
    this.#session = session
  }

  readonly disk: Disk = {
    open: (path, mode) => this.#openFile(path, mode),
    close: (file) => {
      const node = this.#node(file, 'close')
      node.opens -= 1
      this.#open.delete(file)
    },
    closeLater: async (file) => {
      await Promise.resolve()
      await this.#unlessDead()
      this.disk.close(file)
    },
    write: (file, bytes, range, position) =>
      this.#write(this.#node(file, undefined), bytes, range, position),
    writeLater: async (file, bytes, range, position) => {
      await Promise.resolve()
      await this.#unlessDead()
      return this.#write(this.#node(file, 'writeLater'), bytes, range, position)
    },
    read: (file, bytes, range, position) => {
      const { cache } = this.#node(file, 'read')
      const part = cache.subarray(position, position + range.length)
      part.copy(bytes, range.offset)
      return part.length
    },
    truncate: (file, length) => {
      const node = this.#node(file, 'truncate')
      const bytes = Buffer.alloc(length)
      node.cache.copy(bytes)
      node.cache = bytes
    },
    entry: (file) => entryOf(this.#node(file, 'entry')),
    look: (path) => {
      this.#enter('look')
      const node = this.#model.find(path)
      return node && entryOf(node)
    },
    list: (path) => {
      this.#enter('list')
      const node = this.#model.find(path)
      return node?.kind === 'folder' ? [...node.names.keys()].sort() : undefined
    },
    makeFolder: (path) => {
      this.#enter('makeFolder')
      let folder = this.#model.root
      for (const name of path.split('/').filter((part) => part !== '')) {
        let next = folder.names.get(name)
        if (next === undefined) {
          next = this.#model.folder()
          this.#model.change(folder, [[name, next]])
        }
        if (next.kind === 'file') throw fault('ENOTDIR')
        folder = next
      }
    },
    freeBytes: () => {
      this.#enter('freeBytes')
      return this.#model.free()
    },
    rename: (from, to) => {
      this.#enter('rename')
      const node = this.#model.find(from)
      if (node === undefined) throw fault('ENOENT')
      this.#model.change(this.#parent(to), [
        [basename(from), undefined],
        [basename(to), node],
      ])
    },
    unlink: (path) => {
      this.#enter('unlink')
      if (this.#model.find(path)?.kind !== 'file') throw fault('ENOENT')
      this.#model.change(this.#parent(path), [[basename(path), undefined]])
    },
    removeFolder: (path) => {
      this.#enter('removeFolder')
      const node = this.#model.find(path)
      if (node?.kind !== 'folder') throw fault('ENOENT')
      if (node.names.size > 0) throw fault('ENOTEMPTY')
      this.#model.change(this.#parent(path), [[basename(path), undefined]])
    },
    touch: (path) => {
      this.#enter('touch')
      const node = this.#model.find(path)
      if (node?.kind !== 'file') throw fault('ENOENT')
      node.modified = this.#model.tick()
    },
    syncFile: async (file) => {
      const finish = this.#syncFile(this.#node(file, undefined), 'syncFile')
      await Promise.resolve()
      await this.#unlessDead()
      finish()
    },
    syncFileNow: (file) => this.#syncFile(this.#node(file, undefined), 'syncFileNow')(),
    syncFolder: async (path) => {
      const finish = this.#syncFolder(path, 'syncFolder')
      await Promise.resolve()
      await this.#unlessDead()
      finish()
    },
    syncFolderNow: (path) => this.#syncFolder(path, 'syncFolderNow')(),
  }

  #enter(call: DiskCall): void {
    if (!this.#model.isAlive(this.#session)) throw fault('EDEAD')
    const code = this.#model.hit(call)
    if (code !== undefined) throw fault(code)
  }

  /** A process that is dead does not get its answer. */
  async #unlessDead(): Promise<void> {
    if (!this.#model.isAlive(this.#session)) await new Promise(() => {})
  }

  #node(file: number, call: DiskCall | undefined): FileNode {
    if (call !== undefined) this.#enter(call)
    const node = this.#open.get(file)
    if (node === undefined) throw fault('EBADF')
    return node
  }

  #parent(path: string): FolderNode {
    const node = this.#model.find(dirname(path))
    if (node?.kind !== 'folder') throw fault('ENOENT')
    return node
  }

  #openFile(path: string, mode: OpenMode): number {
    this.#enter('open')
    const folder = this.#parent(path)
    let node = folder.names.get(basename(path))
    if (mode === 'create') {
      if (node !== undefined) throw fault('EEXIST')
      if (this.#model.free() === 0) throw fault('ENOSPC')
      node = this.#model.file()
      this.#model.change(folder, [[basename(path), node]])
    }
    if (node === undefined) throw fault('ENOENT')
    if (node.kind === 'folder') throw fault('EISDIR')
    node.opens += 1
    const file = this.#next
    this.#next += 1
    this.#open.set(file, node)
    return file
  }

  #write(node: FileNode, bytes: Uint8Array, range: ByteRange, position: number): number {
    if (!this.#model.isAlive(this.#session)) throw fault('EDEAD')
    const code = this.#model.hit('write')
    if (code !== undefined && code !== 'short' && code !== 'die') throw fault(code)
    const grows = Math.max(0, position + range.length - node.cache.length)
    const free = this.#model.free()
    let length = range.length - Math.max(0, grows - free)
    if (length <= 0) throw fault('ENOSPC')
    if (code === 'short') length = 1 + this.#model.random.below(length)
    if (code === 'die') length = this.#model.random.below(length)
    put(node, bytes.subarray(range.offset, range.offset + length), position)
    if (code === 'die') {
      this.#model.kill()
      throw fault('EDEAD')
    }
    node.modified = this.#model.tick()
    return length
  }

  #syncFile(node: FileNode, call: DiskCall): () => void {
    this.#enterSync(call, node)
    const stable = Buffer.from(node.stable)
    const image = Buffer.alloc(node.cache.length)
    stable.copy(image)
    for (const sector of node.dirty) {
      const start = sector * sectorBytes
      if (start >= node.cache.length) continue
      node.cache.copy(image, start, start, Math.min(start + sectorBytes, node.cache.length))
    }
    const covered = new Map<number, Buffer>()
    for (const sector of node.dirty) covered.set(sector, sectorOf(node.cache, sector))
    return () => {
      node.stable = image
      // A sector written since then is not covered.
      for (const [sector, bytes] of covered) {
        if (sectorOf(node.cache, sector).equals(bytes)) node.dirty.delete(sector)
      }
    }
  }

  #enterSync(call: DiskCall, node: FileNode): void {
    if (!this.#model.isAlive(this.#session)) throw fault('EDEAD')
    const code = this.#model.hit(call)
    if (code === undefined) return
    // The pages are marked clean all the same: what was not written is never written.
    node.dirty.clear()
    throw fault(code)
  }

  #syncFolder(path: string, call: DiskCall): () => void {
    this.#enter(call)
    const node = this.#model.find(path)
    if (node?.kind !== 'folder') throw fault('ENOENT')
    const covered = new Set(node.changes)
    return () => {
      for (const change of node.changes) if (covered.has(change)) applyChange(node.stable, change)
      node.changes = node.changes.filter((change) => !covered.has(change))
    }
  }
}

function sectorOf(bytes: Buffer, sector: number): Buffer {
  return Buffer.from(bytes.subarray(sector * sectorBytes, (sector + 1) * sectorBytes))
}

function put(node: FileNode, bytes: Uint8Array, position: number): void {
  const end = position + bytes.length
  if (end > node.cache.length) node.cache = lengthen(node.cache, end)
  node.cache.set(bytes, position)
  for (let sector = Math.floor(position / sectorBytes); sector * sectorBytes < end; sector += 1) {
    node.dirty.add(sector)
  }
}

/** The same bytes and zeros behind them; with room for more, so that a file that grows is not copied by each write. */
function lengthen(bytes: Buffer, length: number): Buffer {
  const { buffer, byteOffset } = bytes
  if (spacious.has(buffer) && buffer.byteLength - byteOffset >= length)
    return Buffer.from(buffer, byteOffset, length)
  const longer = new ArrayBuffer(length * 2)
  spacious.add(longer)
  bytes.copy(Buffer.from(longer))
  return Buffer.from(longer, 0, length)
}

/** Memory that one file alone has, with nothing but zeros behind its bytes. */
const spacious = new WeakSet<ArrayBufferLike>()

function entryOf(node: Node): DiskEntry {
  return {
    kind: node.kind,
    size: node.kind === 'file' ? node.cache.length : 0,
    identity: String(node.id),
    modifiedMs: node.kind === 'file' ? node.modified : 0,
    links: node.kind === 'file' ? node.links : 1,
  }
}
