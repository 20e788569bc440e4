import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { door } from './child.ts'

/** Names of the built-in modules that a fresh process has loaded after it ran `program`. */
function loadedBy(program: string): string[] {
  const script = `import * as fillpath from ${JSON.stringify(door)}
    ${program}
    console.log(process.moduleLoadList.join(' '))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  expect(stderr).not.toContain('Error')
  return stdout.split(/\s+/)
}

test('a bot that imports fillpath and logs objects of its own does not load fetch and WebSocket with it', () => {
  const loaded = loadedBy(`
    class Depth { constructor() { this.bids = new Map([[1, 2]]) } }
    fillpath.logger('bot').info('depth', { depth: new Depth(), at: new Date() })`)
  expect(loaded).toContain('fs')
  expect(loaded.filter((name) => name.includes('undici'))).toEqual([])
})
