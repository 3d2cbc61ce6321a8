/** What nodes of this process put on the wire. */
import type { Metrics, Stream } from '@libp2p/interface'
import { until } from '../test/support/until.ts'

/** Longer than a newcomer waits before it asks for slots. */
const QUIET_MS = 1_500

/** Counts what goes out on every stream that is not libp2p's own upkeep. */
export class Meter {
  bytes = 0
  lastAt = 0
  readonly metrics: Metrics

  constructor() {
    const nothing = {
      update: () => undefined,
      increment: () => undefined,
      decrement: () => undefined,
      reset: () => undefined,
      timer: () => () => undefined,
      observe: () => undefined,
    }
    const register = (): typeof nothing => nothing
    const metrics: unknown = {
      trackMultiaddrConnection: () => undefined,
      trackProtocolStream: (stream: Stream) => this.#track(stream),
      registerMetric: register,
      registerMetricGroup: register,
      registerCounter: register,
      registerCounterGroup: register,
      registerHistogram: register,
      registerHistogramGroup: register,
      registerSummary: register,
      registerSummaryGroup: register,
      traceFunction: (_name: string, run: unknown) => run,
      createTrace: () => nothing,
    }
    this.metrics = metrics as Metrics
  }

  #track(stream: Stream): void {
    if (!/meshsub|conclave/.test(stream.protocol)) return
    const send = stream.send.bind(stream)
    stream.send = (data) => {
      this.bytes += data.byteLength
      this.lastAt = performance.now()
      return send(data)
    }
  }

  async quiet(): Promise<void> {
    await until(() => performance.now() - this.lastAt > QUIET_MS, { what: 'the wire falls silent' })
  }
}
