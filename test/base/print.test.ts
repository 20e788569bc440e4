import { once } from 'node:events'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { print } from '../../src/base/print.ts'

/** A stream whose writes fail as long as `isBroken` says so; it stays open, as stdout and stderr do. */
function stream(isBroken: () => boolean): { stream: Writable; text: () => string } {
  let text = ''
  const made = new Writable({
    autoDestroy: false,
    write(chunk, _encoding, done) {
      if (isBroken()) {
        done(Object.assign(new Error('closed'), { code: 'EPIPE' }))
        return
      }
      text += String(chunk)
      done()
    },
  })
  return { stream: made, text: () => text }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('[C41] a line that cannot be printed is lost, and nothing else', async () => {
  const { stream: broken } = stream(() => true)
  for (let line = 0; line < 100; line += 1) print(broken, `line ${line}`)
  // An error event that nobody listens to would end the test run here.
  await turn()
  await turn()
  expect(broken.listenerCount('error')).toBe(0)
})

test('[C41] lines are printed whole and in order, and leave no listener', async () => {
  const { stream: whole, text } = stream(() => false)
  print(whole, 'one %s')
  print(whole, 'two')
  await turn()
  print(whole, 'three')
  expect(text()).toBe('one %s\ntwo\nthree\n')
  await turn()
  await turn()
  expect(whole.listenerCount('error')).toBe(0)
})

test('[C41] what others write to the stream fails as before', async () => {
  let isBroken = false
  const { stream: shared } = stream(() => isBroken)
  print(shared, 'a line')
  await turn()
  await turn()
  isBroken = true
  const error = once(shared, 'error')
  shared.write('of the bot')
  expect(await error).toEqual([expect.objectContaining({ code: 'EPIPE' })])
})

test('[C41] a stream that throws throws into nobody', () => {
  const { stream: odd } = stream(() => false)
  odd.write = () => {
    throw new Error('odd')
  }
  expect(() => print(odd, 'a line')).not.toThrow()
})
