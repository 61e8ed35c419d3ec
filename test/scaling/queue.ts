import { ScaleIn } from './design';

// A queue and its workers, in minutes.

/** A message that was sent, and what became of it. */
export interface Message {
  readonly sent: number;
  /** A worker cannot process it, and does not delete it. */
  readonly poison: boolean;
  receives: number;
  firstReceived?: number;
  done?: number;
  deadLetter?: number;
}

/** A worker, which works on one message at a time. */
export interface Worker {
  readonly launched: number;
  /** When the service counts it as running. */
  readonly inService: number;
  /** When it receives for the first time. */
  readonly ready: number;
  busyUntil: number;
  message?: Message;
  /** Whether it still receives. */
  ending: boolean;
  ended?: number;
}

export interface QueueOptions {
  /** How long a worker works on a message. */
  readonly processing: number;
  /** For how long a received message is hidden. Workers that work longer extend it while they live. */
  readonly visibility: number;
  readonly maxReceiveCount: number;
  readonly scaleIn: ScaleIn;
  readonly stopTimeout: number;
}

/** A queue with the workers that receive from it. */
export class WorkedQueue {
  public readonly messages: Message[] = [];
  public readonly workers: Worker[] = [];
  /** Messages that can be received, the oldest first. */
  public waiting: Message[] = [];
  /** The number received since it was last asked for. */
  private received = 0;
  private busy = 0;
  /** Messages that no worker holds any more, with the time at which they can be received again, in rising order. */
  private readonly hidden: { readonly message: Message; readonly until: number }[] = [];
  private alive: Worker[] = [];
  private readonly arriving: Message[];
  private next = 0;

  public constructor(arrivals: { readonly at: number; readonly poison?: boolean }[], private readonly options: QueueOptions) {
    this.arriving = arrivals.map(({ at, poison }) => ({ sent: at, poison: poison ?? false, receives: 0 }));
    this.messages.push(...this.arriving);
  }

  public launch(at: number, inService: number, ready: number): void {
    const worker = { launched: at, inService: at + inService, ready: at + ready, busyUntil: 0, ending: false };
    this.workers.push(worker);
    this.alive.push(worker);
  }

  /** Ends workers that were launched first; with protection, those without a message before the others. */
  public end(count: number, at: number): void {
    const candidates = this.alive.filter(({ ending }) => !ending);
    if (this.options.scaleIn === 'isProtected') candidates.sort((a, b) => Number(a.message !== undefined) - Number(b.message !== undefined));
    for (const worker of candidates.slice(0, count)) {
      worker.ending = true;
      const grace = this.options.scaleIn === 'stops' ? this.options.stopTimeout : Infinity;
      if (worker.message && worker.busyUntil - at > grace) {
        this.hide(worker.message, worker.busyUntil - this.options.processing + this.options.visibility, at);
        worker.message = undefined;
        this.stop(worker, at + grace);
      } else if (!worker.message) {
        this.stop(worker, at);
      }
    }
  }

  private stop(worker: Worker, at: number): void {
    worker.ended = at;
    this.alive = this.alive.filter(other => other !== worker);
  }

  private hide(message: Message, until: number, now: number): void {
    const end = Math.max(until, now);
    const index = this.hidden.findIndex(other => other.until > end);
    this.hidden.splice(index < 0 ? this.hidden.length : index, 0, { message, until: end });
  }

  /** Works until a time. A message that is finished at that time is; one that arrives at that time is not there yet. */
  public run(from: number, until: number): void {
    let now = from;
    for (;;) {
      this.assign(now, until);
      const completion = Math.min(...this.alive.filter(({ message }) => message).map(({ busyUntil }) => busyUntil));
      const arrival = this.arriving[this.next]?.sent ?? Infinity;
      const visible = this.hidden[0]?.until ?? Infinity;
      const starting = this.waiting.length === 0 ? [] : this.alive.filter(worker => !worker.ending && worker.ready > now);
      const ready = Math.min(...starting.map(worker => worker.ready));
      const others = Math.min(arrival, visible, ready);
      if (completion > until && others >= until) break;
      const to = Math.min(completion, others);
      this.busy += this.alive.filter(({ message }) => message).length * (to - now);
      now = to;
      this.finish(now);
      for (; (this.arriving[this.next]?.sent ?? Infinity) <= now && now < until; this.next++) this.waiting.push(this.arriving[this.next]);
      for (; (this.hidden[0]?.until ?? Infinity) <= now && now < until;) this.waiting.push(this.hidden.shift()!.message);
      if (now >= until) break;
    }
    if (now < until) this.busy += this.alive.filter(({ message }) => message).length * (until - now);
  }

  private assign(now: number, until: number): void {
    if (now >= until || this.waiting.length === 0) return;
    for (const worker of this.alive) {
      if (worker.message || worker.ending || worker.ready > now) continue;
      const message = this.receive(now);
      if (!message) return;
      worker.message = message;
      worker.busyUntil = now + this.options.processing;
    }
  }

  /** The next message. One that was received too often becomes a dead letter when it is asked for once more. */
  private receive(now: number): Message | undefined {
    for (let message = this.waiting.shift(); message; message = this.waiting.shift()) {
      if (message.receives === this.options.maxReceiveCount) {
        message.deadLetter = now;
        continue;
      }
      message.receives++;
      message.firstReceived ??= now;
      this.received++;
      return message;
    }
    return undefined;
  }

  private finish(now: number): void {
    for (const worker of this.alive) {
      const { message } = worker;
      if (!message || worker.busyUntil > now) continue;
      if (message.poison) this.hide(message, worker.busyUntil - this.options.processing + this.options.visibility, now);
      else message.done = worker.busyUntil;
      worker.message = undefined;
      if (worker.ending) this.stop(worker, worker.busyUntil);
    }
  }

  public get inFlight(): number {
    return this.alive.filter(({ message }) => message).length + this.hidden.length;
  }

  /** The workers that the service wants. */
  public get wanted(): number {
    return this.alive.filter(({ ending }) => !ending).length;
  }

  public get living(): readonly Worker[] {
    return this.alive;
  }

  /** The number of messages received, and the minutes worked, since it was last asked. */
  public takeCounts(): { received: number; busy: number } {
    const counts = { received: this.received, busy: this.busy };
    [this.received, this.busy] = [0, 0];
    return counts;
  }
}
