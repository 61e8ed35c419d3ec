// The worker of the example container-workers in a process of its own, with work that leaves a trace before the message can be deleted.
'use strict';
const { appendFileSync } = require('fs');
const { setTimeout } = require('timers/promises');
const { run } = require(process.env.WORKER);

const note = what => appendFileSync(process.env.WORK_LOG, `${process.env.AWS_ACCESS_KEY_ID} ${what}\n`);

run(async ({ Body }) => {
  const { number, millis, failing } = JSON.parse(Body);
  note(`begins ${number}`);
  if (Math.random() < failing) throw new Error(`${number} fails this time`);
  await setTimeout(millis);
  note(number);
}).then(() => note('stopped'));
