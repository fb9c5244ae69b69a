// Generated from the contracts in specs/ by `npm run specs`. Changes belong there.

/** The channels by their ids: the topic of each, and how it is made. */
export const eventDocument = {
  channels: {
    'order-service/OrderCreated': {
      address: 'order-service.OrderCreated',
      partitions: 6,
      replicas: 3,
      topicConfiguration: {
        'cleanup.policy': 'delete',
        'retention.ms': '1209600000',
        'max.message.bytes': '65536',
        'min.insync.replicas': '2',
        'compression.type': 'uncompressed',
      },
    },
    'order-service/OrderRejected': {
      address: 'order-service.OrderRejected',
      partitions: 6,
      replicas: 3,
      topicConfiguration: {
        'cleanup.policy': 'delete',
        'retention.ms': '1209600000',
        'max.message.bytes': '65536',
        'min.insync.replicas': '2',
        'compression.type': 'uncompressed',
      },
    },
    'order-service/OrderCancelled': {
      address: 'order-service.OrderCancelled',
      partitions: 6,
      replicas: 3,
      topicConfiguration: {
        'cleanup.policy': 'delete',
        'retention.ms': '1209600000',
        'max.message.bytes': '65536',
        'min.insync.replicas': '2',
        'compression.type': 'uncompressed',
      },
    },
    'user-service/UserUpdated': {
      address: 'user-service.UserUpdated',
      partitions: 6,
      replicas: 3,
      topicConfiguration: {
        'cleanup.policy': 'compact',
        'max.compaction.lag.ms': '604800000',
        'delete.retention.ms': '86400000',
        'max.message.bytes': '65536',
        'min.insync.replicas': '2',
        'compression.type': 'uncompressed',
      },
    },
    'order-service/OrderCreated.dead-letters': {
      address: 'order-service.OrderCreated.dead-letters',
      partitions: 1,
      replicas: 3,
      topicConfiguration: {
        'cleanup.policy': 'delete',
        'retention.ms': '2419200000',
        'max.message.bytes': '262144',
        'min.insync.replicas': '2',
        'compression.type': 'uncompressed',
      },
    },
    'order-service/OrderRejected.dead-letters': {
      address: 'order-service.OrderRejected.dead-letters',
      partitions: 1,
      replicas: 3,
      topicConfiguration: {
        'cleanup.policy': 'delete',
        'retention.ms': '2419200000',
        'max.message.bytes': '262144',
        'min.insync.replicas': '2',
        'compression.type': 'uncompressed',
      },
    },
    'order-service/OrderCancelled.dead-letters': {
      address: 'order-service.OrderCancelled.dead-letters',
      partitions: 1,
      replicas: 3,
      topicConfiguration: {
        'cleanup.policy': 'delete',
        'retention.ms': '2419200000',
        'max.message.bytes': '262144',
        'min.insync.replicas': '2',
        'compression.type': 'uncompressed',
      },
    },
    'user-service/UserUpdated.dead-letters': {
      address: 'user-service.UserUpdated.dead-letters',
      partitions: 1,
      replicas: 3,
      topicConfiguration: {
        'cleanup.policy': 'delete',
        'retention.ms': '2419200000',
        'max.message.bytes': '262144',
        'min.insync.replicas': '2',
        'compression.type': 'uncompressed',
      },
    },
  },
} as const;
