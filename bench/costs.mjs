/** What is billed by the month or the hour whether or not a message passes, counted from a template. */
export function costDrivers(template) {
  const ofType = type => Object.values(template.Resources).filter(resource => resource.Type === type);
  const isOnDemand = stream => stream.Properties?.StreamModeDetails?.StreamMode === 'ON_DEMAND';
  const streams = ofType('AWS::Kinesis::Stream');
  const provisioned = streams.filter(stream => !isOnDemand(stream));
  const drivers = [
    [ofType('AWS::KMS::Key').length, 'key'],
    [streams.length - provisioned.length, 'on-demand stream'],
    [provisioned.reduce((shards, { Properties }) => shards + Number(Properties?.ShardCount ?? 1), 0), 'shard'],
    [ofType('AWS::CloudWatch::Alarm').length, 'alarm'],
    // Two alarms, which the service creates and bills.
    [2 * ofType('AWS::ApplicationAutoScaling::ScalingPolicy').filter(policy => policy.Properties.PolicyType === 'TargetTrackingScaling').length, 'alarm of target tracking', 'alarms of target tracking'],
    [ofType('AWS::ECS::Cluster').filter(cluster => /"Value":"(enabled|enhanced)"/.test(JSON.stringify(cluster.Properties?.ClusterSettings ?? ''))).length, 'cluster with Container Insights'],
    [ofType('AWS::ECS::Service').filter(service => service.Properties.DesiredCount > 0).length, 'task that always runs', 'tasks that always run'],
  ];
  return drivers.filter(([count]) => count > 0).map(([count, name, names = `${name}s`]) => `${count} ${count === 1 ? name : names}`).join(', ') || 'none';
}
