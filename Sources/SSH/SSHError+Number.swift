import CLibSSH2

extension SSHError.Code {
    /// The kind that a libssh2 number belongs to.
    init(number: Int32) {
        self =
            switch number {
            case LIBSSH2_ERROR_TIMEOUT: .timedOut
            case LIBSSH2_ERROR_KEX_FAILURE: .noCommonAlgorithm
            case LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE, LIBSSH2_ERROR_HOSTKEY_INIT, LIBSSH2_ERROR_HOSTKEY_SIGN,
                LIBSSH2_ERROR_BANNER_RECV, LIBSSH2_ERROR_BANNER_SEND:
                .handshakeFailed
            case LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_SEND,
                LIBSSH2_ERROR_SOCKET_NONE, LIBSSH2_ERROR_BAD_SOCKET:
                .disconnected
            case LIBSSH2_ERROR_FILE, LIBSSH2_ERROR_KEYFILE_AUTH_FAILED: .invalidKey
            case LIBSSH2_ERROR_CHANNEL_FAILURE: .channelRefused
            case LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED: .requestDenied
            case LIBSSH2_ERROR_CHANNEL_CLOSED, LIBSSH2_ERROR_CHANNEL_EOF_SENT: .channelClosed
            case LIBSSH2_ERROR_ALLOC: .limitExceeded
            case LIBSSH2_ERROR_PROTO, LIBSSH2_ERROR_DECRYPT, LIBSSH2_ERROR_INVALID_MAC,
                LIBSSH2_ERROR_OUT_OF_BOUNDARY, LIBSSH2_ERROR_CHANNEL_PACKET_EXCEEDED:
                .protocolViolation
            default: .failed
            }
    }
}
