/** Flows on a clock that the test moves. A test file begins with `beforeEach(begin)`. */
import { expect } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import type { ManualClock } from '../../../src/base/clock.ts'
import { faultCount } from '../../../src/probe/event/fault.ts'
import { createFlows } from '../../../src/probe/flow/flows.ts'
import type { Flows } from '../../../src/probe/flow/handles/flows.ts'
import { record } from '../recording.ts'
import type { Recording } from '../recording.ts'

export let seen: Recording
export let clock: ManualClock
export let flows: Flows
let faults: number

/** Everything anew. */
export function begin(): void {
  seen = record()
  clock = manualClock()
  flows = createFlows({ clock })
  faults = faultCount()
}

/** For `afterEach`: no call of the test has met a fault of ours. */
export function expectNoFault(): void {
  expect(faultCount()).toBe(faults)
}
