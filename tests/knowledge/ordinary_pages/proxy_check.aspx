<%@ Page Language="C#" %>
<script runat="server">
    // Whether the mail gateway answers. The address is fixed, nothing of it stays in the session.
    void Page_Load(object s, EventArgs e)
    {
        using (var client = new System.Net.Sockets.TcpClient("gateway.example.test", 25))
        using (var reader = new System.IO.StreamReader(client.GetStream()))
            Response.Write(Server.HtmlEncode(reader.ReadLine()));
    }
</script>
