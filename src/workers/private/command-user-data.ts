import { Fn, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Ec2Workers } from '../ec2-workers';
import { ContainerCommand, ShellCommand } from '../worker-command';
import { FOLDER, METADATA, finishWork, seconds } from './instance-scripts';
import { poller, protectsInstance } from './shell-poller';
import { TERMINATION_HOOK } from './worker-bounds';

// The user data that runs a command on Amazon Linux 2023. What is installed comes from its repository: https://docs.aws.amazon.com/linux/al2023/ug/managing-repos-os-updates.html

/**
 * The user data of a shell command: a unit for each message that is processed at once.
 *
 * The CloudWatch agent comes last, because no message waits for it: the log file is read from its beginning.
 */
export function shellUserData(workers: Ec2Workers, { script, setup, timeout, concurrency }: ShellCommand, logGroup: logs.ILogGroup): ec2.UserData {
  return userDataOf([
    ...executable('command', withInterpreter(script)),
    ...executable('poller', poller({ timeout, protection: protectsInstance(workers.inFlight) })),
    'id worker || useradd --system --home-dir /var/lib/worker --shell /sbin/nologin worker',
    ...file('/etc/systemd/system/worker@.service', pollerUnit(workers)),
    ...finishBeforeTermination(workers, 'worker@*'),
    ...setup === undefined ? [] : [...executable('setup', withInterpreter(setup)), `until ${FOLDER}/setup; do sleep 30; done`],
    `for number in $(seq ${Tokenization.stringifyNumber(concurrency)}); do systemctl enable --now "worker@$number"; done`,
    ...file('/etc/logrotate.d/worker', ROTATION),
    ...file(`${FOLDER}/logs.json`, agentConfiguration(workers, logGroup)),
    'until dnf install -y amazon-cloudwatch-agent logrotate; do sleep 30; done',
    'systemctl enable --now logrotate.timer',
    `/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:${FOLDER}/logs.json`,
  ]);
}

/** The user data of a container: Docker, and a unit that runs the image. `image` is the name of the image, as a registry knows it. */
export function containerUserData(workers: Ec2Workers, { options }: ContainerCommand, image: string, logGroup: logs.ILogGroup): ec2.UserData {
  const stopTimeout = seconds(workers.inFlight.timeout ?? TERMINATION_HOOK.timeout.default);
  const environment = { ...options.environment, QUEUE_URL: workers.queue.queueUrl, AWS_REGION: Stack.of(workers).region };
  return userDataOf([
    ...file(`${FOLDER}/environment`, Object.entries(environment).map(([name, value]) => `${name}=${value}`).join('\n')),
    ...executable('container', containerScript({ image, command: quoted(options.command ?? []), stopTimeout, logGroup, region: environment.AWS_REGION })),
    ...file('/etc/systemd/system/worker.service', containerUnit()),
    ...finishBeforeTermination(workers, 'worker.service'),
    'until dnf install -y docker; do sleep 30; done',
    'systemctl enable --now docker worker',
  ]);
}

function userDataOf(commands: string[]): ec2.UserData {
  const userData = ec2.UserData.forLinux();
  userData.addCommands(`mkdir -p ${FOLDER}`, ...commands);
  return userData;
}

/** A file, written by a here-document whose end is not in the file. */
function file(path: string, content: string): string[] {
  let end = 'END';
  while (content.includes(end)) end = `${end}_`;
  return [`cat > ${path} <<'${end}'\n${content.replace(/\n$/, '')}\n${end}`];
}

function executable(name: string, content: string): string[] {
  return [...file(`${FOLDER}/${name}`, content), `chmod +x ${FOLDER}/${name}`];
}

/** Without an interpreter, bash, which stops at the first command that fails: otherwise the last command alone would decide whether the message is deleted. */
function withInterpreter(script: string): string {
  return script.startsWith('#!') ? script : `#!/bin/bash\nset -eo pipefail\n${script}`;
}

function finishBeforeTermination(workers: Ec2Workers, units: string): string[] {
  return [
    ...executable('finish-work', finishWork(units, workers.inFlight.timeout)),
    ...file('/etc/systemd/system/finish-work.service', `[Unit]
Description=Finishes the work before the instance is terminated
[Service]
Environment=AWS_REGION=${Stack.of(workers).region}
ExecStart=${FOLDER}/finish-work
Restart=on-failure
RestartSec=5
[Install]
WantedBy=multi-user.target`),
    'systemctl enable --now finish-work',
  ];
}

/**
 * `KillMode=mixed`: the signal that stops the unit is for the poller, and not for the command that works on a message.
 *
 * Devices and namespaces are not restricted: a command may use a GPU, or a browser with its sandbox.
 */
function pollerUnit(workers: Ec2Workers): string {
  return `[Unit]
Description=Processes the messages of the queue
Wants=network-online.target
After=network-online.target
[Service]
Environment=QUEUE_URL=${workers.queue.queueUrl} AWS_REGION=${Stack.of(workers).region} LANG=C.UTF-8
ExecStart=${FOLDER}/poller
Restart=always
RestartSec=5
KillMode=mixed
TimeoutStopSec=infinity
IgnoreSIGPIPE=no
StandardOutput=append:/var/log/worker.log
StandardError=inherit
User=worker
StateDirectory=worker
WorkingDirectory=/var/lib/worker
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
[Install]
WantedBy=multi-user.target`;
}

const ROTATION = `/var/log/worker.log {
  size 50M
  rotate 1
  copytruncate
  missingok
}`;

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html */
function agentConfiguration(workers: Ec2Workers, { logGroupName }: logs.ILogGroup): string {
  const collected = [{ file_path: '/var/log/worker.log', log_group_name: logGroupName, log_stream_name: '{instance_id}' }];
  return Stack.of(workers).toJsonString({
    agent: { region: Stack.of(workers).region },
    logs: { logs_collected: { files: { collect_list: collected } } },
  });
}

/** What the script that runs a container is made of. */
interface ContainerScript {
  readonly image: string;
  /** The arguments of the container, as a shell takes them. */
  readonly command: string;
  readonly stopTimeout: string;
  readonly logGroup: logs.ILogGroup;
  readonly region: string;
}

/**
 * In the network of the host, because the instance metadata has a hop limit of 1. A message is worth more than a log line, so a container does not
 * wait for its logs to be delivered.
 *
 * @see https://docs.docker.com/engine/logging/drivers/awslogs/
 */
function containerScript({ image, command, stopTimeout, logGroup, region }: ContainerScript): string {
  return `#!/bin/bash
# Pulls the image, and runs it until it is stopped.
${METADATA}
export AWS_REGION=${region}
image=${quoted([image])}
registry=\${image%%/*}
case $registry in *.dkr.ecr.* | *.dkr.ecr-fips.*)
  aws ecr get-login-password --region "$(cut -d. -f4 <<< "$registry")" | docker login --username AWS --password-stdin "$registry"
esac
docker pull "$image" || docker image inspect "$image" > /dev/null || exit
docker logout "$registry"
docker rm --force worker
exec docker run --rm --init --name worker --network host --env-file ${FOLDER}/environment --stop-timeout ${stopTimeout} \\
  --log-driver awslogs --log-opt mode=non-blocking --log-opt awslogs-region=$AWS_REGION --log-opt awslogs-group=${logGroup.logGroupName} \\
  --log-opt awslogs-stream="$(metadata instance-id)" "$image" ${command}
`;
}

function containerUnit(): string {
  return `[Unit]
Description=Processes the messages of the queue
Requires=docker.service
After=docker.service
[Service]
ExecStart=${FOLDER}/container
ExecStop=/usr/bin/docker stop worker
Restart=always
RestartSec=5
KillMode=mixed
TimeoutStopSec=infinity
[Install]
WantedBy=multi-user.target`;
}

/** Strings as single words of a shell. Of a list that is only known at deployment, the strings have no quotation marks in them. */
function quoted(words: string[]): string {
  if (Token.isUnresolved(words)) return `'${Fn.join("' '", words)}'`;
  return words.map(word => `'${word.replace(/'/g, "'\\''")}'`).join(' ');
}
