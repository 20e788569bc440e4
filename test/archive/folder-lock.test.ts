import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  promises,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lockFolder } from '../../src/archive/folder-lock.ts'
import { FillpathError } from '../../src/semconv/error.ts'
import { until } from '../ship-stage.ts'
import { canMount, mountTmpfs } from '../tmpfs.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-lock-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const lockPath = (): string => join(folder, 'desk.lock')

function holder(): Record<string, unknown> {
  return JSON.parse(readFileSync(lockPath(), 'utf8'))
}

async function refusal(): Promise<FillpathError> {
  const error: unknown = await lockFolder(folder).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(FillpathError)
  return error as FillpathError
}

describe('the lock of a folder', () => {
  test('[P14] is held by one desk, and says by which', async () => {
    const lock = await lockFolder(folder)
    const error = await refusal()
    expect(error.code).toBe('folder_in_use')
    expect(error.message).toContain(`process ${process.pid}`)
    expect(error.hint).toContain('FILLPATH_DATA')
    await lock.release()
    await (await lockFolder(folder)).release()
    expect(existsSync(lockPath())).toBe(false)
  })

  test('goes from a worker that died to the one after it, and to nobody else', async () => {
    const died = await lockFolder(folder, 'of this bot')
    const next = await lockFolder(folder, 'of this bot')
    expect((await refusal()).code).toBe('folder_in_use')
    await next.release()
    await (await lockFolder(folder)).release()
    await died.release()
  })

  test('is taken over from a process that was killed', async () => {
    const script = `import { lockFolder } from ${JSON.stringify(new URL('../../src/archive/folder-lock.ts', import.meta.url).href)}
      await lockFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    expect((await refusal()).message).toContain(`process ${child.pid}`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await lockFolder(folder)
    expect(holder()['pid']).toBe(process.pid)
    await lock.release()
  })

  test('is taken over when the pid lives on as another process', async () => {
    const lock = await lockFolder(folder)
    const mine = holder()
    await lock.release()
    writeFileSync(lockPath(), JSON.stringify({ ...mine, started: '1' }))
    await (await lockFolder(folder)).release()
    expect(existsSync(lockPath())).toBe(false)
  })

  test('of another machine is honoured while it is fresh, and taken over when it is not', async () => {
    const lock = await lockFolder(folder)
    const mine = holder()
    await lock.release()
    writeFileSync(lockPath(), JSON.stringify({ ...mine, realm: 'elsewhere', token: 'other' }))
    expect((await refusal()).code).toBe('folder_in_use')
    const old = new Date(statSync(lockPath()).mtimeMs - 60_000)
    utimesSync(lockPath(), old, old)
    await (await lockFolder(folder)).release()
  })

  test('that is unreadable is honoured only as long as its writer may still be at it', async () => {
    writeFileSync(lockPath(), '')
    expect((await refusal()).code).toBe('folder_in_use')
    const old = new Date(Date.now() - 60_000)
    utimesSync(lockPath(), old, old)
    await (await lockFolder(folder)).release()
  })

  test('goes to one of many that take over a dead one at once', async () => {
    for (let round = 0; round < 20; round += 1) {
      writeFileSync(
        lockPath(),
        JSON.stringify({
          pid: 1,
          started: 'never',
          realm: 'gone',
          since: '',
          command: '',
          token: 'dead',
        }),
      )
      const old = new Date(Date.now() - 60_000)
      utimesSync(lockPath(), old, old)
      const taken = await Promise.allSettled(
        Array.from({ length: 8 }, async () => lockFolder(folder)),
      )
      const locks = taken.filter((result) => result.status === 'fulfilled')
      expect(locks).toHaveLength(1)
      await locks[0]?.value.release()
    }
  })

  test('[P14] is not taken from who was quicker by one that was held up after it saw the holder dead', async () => {
    const dead = { pid: 1, started: 'never', realm: 'gone', since: '', command: '', token: 'dead' }
    writeFileSync(lockPath(), JSON.stringify(dead))
    const old = new Date(Date.now() - 60_000)
    utimesSync(lockPath(), old, old)
    const real = promises.stat
    const { promise, resolve } = Promise.withResolvers<void>()
    let looks = 0
    // Its own new file is looked at when it was written, and when the age of the other one is measured by it.
    promises.stat = (async (path: string) => {
      const found = await real(path)
      if (path.endsWith('.slow') && (looks += 1) === 2) await promise
      return found
    }) as typeof real
    syncBuiltinESMExports()
    try {
      const slow = lockFolder(folder, 'slow').catch((error: unknown) => error)
      await until(() => looks === 2)
      const quick = await lockFolder(folder)
      resolve()
      expect(await slow).toMatchObject({ code: 'folder_in_use' })
      expect((await refusal()).message).toContain(`process ${process.pid}`)
      await quick.release()
      expect(existsSync(lockPath())).toBe(false)
    } finally {
      promises.stat = real
      syncBuiltinESMExports()
    }
  })

  test.runIf(canMount)(
    '[C32, C34] is held on a full disk too, so that somebody can make room there',
    async () => {
      const disk = mountTmpfs(1)
      if (disk === undefined) throw new Error('nothing was mounted')
      try {
        const full = join(disk.folder, 'data')
        // A dead holder's file is there in the second round.
        for (const before of [undefined, '{"pid":1']) {
          mkdirSync(full, { recursive: true })
          if (before !== undefined) {
            writeFileSync(join(full, 'desk.lock'), before)
            const old = new Date(Date.now() - 60_000)
            utimesSync(join(full, 'desk.lock'), old, old)
          }
          disk.fill()
          const lock = await lockFolder(full)
          await expect(lockFolder(full)).rejects.toMatchObject({ code: 'folder_in_use' })
          await lock.release()
          expect(existsSync(join(full, 'desk.lock'))).toBe(false)
          disk.free()
        }
      } finally {
        disk.close()
      }
    },
  )

  test('[C34] makes the folder for the owner alone, and says when it cannot', async () => {
    const inner = join(folder, 'deep', 'data')
    await (await lockFolder(inner)).release()
    expect(statSync(inner).mode & 0o777).toBe(0o700)
    writeFileSync(join(folder, 'file'), '')
    await expect(lockFolder(join(folder, 'file', 'data'))).rejects.toMatchObject({
      code: 'folder_unwritable',
    })
  })
})
